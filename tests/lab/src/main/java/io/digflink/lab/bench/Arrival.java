package io.digflink.lab.bench;

import io.digflink.runtime.model.ModelBundle;
import io.digflink.runtime.sampling.Guidance;
import io.digflink.runtime.sampling.SamplerType;
import io.digflink.runtime.sampling.TimestepSpacing;
import io.digflink.runtime.sampling.TrajectorySpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * A request of one image.
 *
 * @param seconds when it comes
 * @param spec what it asks for
 */
record Arrival(double seconds, TrajectorySpec spec) {
  private static final int[] STEPS = {10, 25, 50, 100};
  private static final double GUIDANCE_SCALE = 1.5;

  /**
   * A stream of Poisson arrivals with mixed steps, guidance on or off.
   *
   * @param rate requests a second; infinity: all come at once
   * @param seed the same one gives the same stream
   */
  static List<Arrival> stream(ModelBundle bundle, int count, double rate, long seed) {
    Random random = new Random(seed);
    List<Arrival> arrivals = new ArrayList<>();
    double seconds = 0;
    for (int i = 0; i < count; i++) {
      int steps = STEPS[random.nextInt(STEPS.length)];
      boolean guided = random.nextBoolean() && isGuidable(bundle);
      seconds += -Math.log(1 - random.nextDouble()) / rate;
      arrivals.add(new Arrival(seconds, spec(bundle, i, steps, guided)));
    }
    return arrivals;
  }

  /** Whether a model makes guided images. */
  static boolean isGuidable(ModelBundle bundle) {
    return bundle.manifest().classes() != null && bundle.manifest().classes().nullClass() != null;
  }

  /** What a request asks for. */
  static TrajectorySpec spec(ModelBundle bundle, int index, int steps, boolean guided) {
    boolean classes = bundle.manifest().classes() != null;
    return new TrajectorySpec(
        1,
        index,
        classes ? index % bundle.manifest().classes().count() : null,
        bundle.latentShape(),
        SamplerType.DDIM,
        steps,
        TimestepSpacing.UNIFORM,
        0,
        guided ? new Guidance(GUIDANCE_SCALE) : Guidance.NONE);
  }

  /** Rows that each of its steps takes. */
  int rows() {
    return spec.guidance().equals(Guidance.NONE) ? 1 : 2;
  }
}
