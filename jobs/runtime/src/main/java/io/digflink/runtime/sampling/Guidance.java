package io.digflink.runtime.sampling;

import java.util.Objects;

/**
 * Classifier-free guidance (Ho and Salimans, arXiv 2207.12598) with the limited interval of
 * Kynkäänniemi et al. (arXiv 2404.07724): ε = ε(null) + scale · (ε(label) − ε(null)).
 *
 * <p>A step at training timestep t of T is guided when from ≤ t/T &lt; to. A step that is not, and
 * every step at scale 1, takes ε(label) alone and costs no unconditional row.
 *
 * @param scale 0 is unconditional, 1 conditional without guidance
 * @param channels what it acts on
 * @param from lower end of the interval, inclusive, as a fraction of the training timesteps
 * @param to upper end, exclusive
 */
public record Guidance(double scale, Channels channels, double from, double to) {
  /** No guidance. */
  public static final Guidance NONE = new Guidance(1);

  /** Latent channels that guidance acts on; the others keep the conditional row's values. */
  public enum Channels {
    /** The first three, as the official sampling of DiT and DiG does. */
    FIRST_THREE,
    /** All channels of the latent. */
    ALL
  }

  public Guidance {
    Objects.requireNonNull(channels, "channels");
    if (!(scale >= 0) || Double.isInfinite(scale)) {
      throw new IllegalArgumentException("Expected a guidance scale of 0 or more, found " + scale);
    }
    if (!(0 <= from && from <= to && to <= 1)) {
      throw new IllegalArgumentException(
          "Expected a guidance interval 0 <= from <= to <= 1, found from " + from + " to " + to);
    }
  }

  /** Guidance of a scale on the first three channels at every step. */
  public Guidance(double scale) {
    this(scale, Channels.FIRST_THREE, 0, 1);
  }

  /** Whether a step needs an unconditional row. */
  public boolean isActive(int timestep, int timesteps) {
    double fraction = timestep / (double) timesteps;
    return scale != 1 && from <= fraction && fraction < to;
  }

  /**
   * Guides the predicted noise in place.
   *
   * @param conditional ε(label), [C, H, W]
   * @param unconditional ε(null), [C, H, W]
   */
  void apply(float[] conditional, float[] unconditional, LatentShape shape) {
    int guided = channels == Channels.ALL ? shape.channels() : Math.min(3, shape.channels());
    float factor = (float) scale;
    int end = guided * shape.plane();
    for (int e = 0; e < end; e++) {
      conditional[e] = unconditional[e] + factor * (conditional[e] - unconditional[e]);
    }
  }
}
