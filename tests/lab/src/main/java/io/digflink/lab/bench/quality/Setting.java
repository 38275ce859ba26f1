package io.digflink.lab.bench.quality;

import io.digflink.runtime.sampling.Guidance;
import io.digflink.runtime.sampling.LatentShape;
import io.digflink.runtime.sampling.SamplerType;
import io.digflink.runtime.sampling.TimestepSpacing;
import io.digflink.runtime.sampling.TrajectorySpec;
import java.util.Locale;

/**
 * A way to make an image, as a request asks for it.
 *
 * @param guidance scale
 * @param from lower end of the guidance interval, a fraction of the training timesteps
 * @param to its upper end
 */
record Setting(
    SamplerType sampler,
    int steps,
    double guidance,
    TimestepSpacing spacing,
    double from,
    double to) {
  private static final int REFERENCE_STEPS = 250;

  /** How a setting is written. */
  static final String FORM = "SAMPLER:STEPS:GUIDANCE[:SPACING[:FROM-TO]]";

  /**
   * Reads {@code dpm++:20:3} or {@code dpm++:12:3:uniform:0.2-0.8}.
   *
   * @throws IllegalArgumentException if it has another form or a value that does not exist
   */
  static Setting of(String text) {
    String[] parts = text.split(":", -1);
    if (parts.length < 3 || parts.length > 5) {
      throw new IllegalArgumentException("Expected " + FORM + ", found " + text);
    }
    String[] interval = parts.length < 5 ? new String[] {"0", "1"} : parts[4].split("-", -1);
    if (interval.length != 2) {
      throw new IllegalArgumentException("Expected FROM-TO such as 0.2-0.8, found " + parts[4]);
    }
    try {
      return new Setting(
          SamplerType.of(parts[0]),
          Integer.parseInt(parts[1]),
          Double.parseDouble(parts[2]),
          parts.length < 4 ? TimestepSpacing.UNIFORM : TimestepSpacing.of(parts[3]),
          Double.parseDouble(interval[0]),
          Double.parseDouble(interval[1]));
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          "Expected numbers in " + FORM + ", found " + text + ": " + e.getMessage(), e);
    }
  }

  /**
   * The image that this one is to come close to: the same noise and guidance, 250 steps of the ODE.
   */
  Setting reference() {
    return new Setting(
        SamplerType.DPM_SOLVER_PP_2M, REFERENCE_STEPS, guidance, TimestepSpacing.UNIFORM, 0, 1);
  }

  /** An image of it. */
  TrajectorySpec image(long seed, int index, Integer label, LatentShape shape) {
    Guidance guided = new Guidance(guidance, Guidance.Channels.FIRST_THREE, from, to);
    return new TrajectorySpec(seed, index, label, shape, sampler, steps, spacing, 0, guided);
  }

  /** All but the number of steps: the settings of a line of the plot. */
  String family() {
    return String.format(Locale.ROOT, "%s, guidance %s", sampler.id(), guidance)
        + (spacing == TimestepSpacing.UNIFORM ? "" : ", " + spacing.id())
        + (from == 0 && to == 1 ? "" : String.format(Locale.ROOT, " in %s-%s", from, to));
  }
}
