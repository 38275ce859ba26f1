package io.digflink.runtime.sampling;

import java.util.Objects;

/**
 * A trajectory between two steps, as plain data: what a checkpoint holds.
 *
 * @param spec what the trajectory is
 * @param stepsDone steps taken, 0 to {@code spec.steps()}
 * @param latent the latent after those steps, [C, H, W]
 * @param history the x_0 predicted at the last step, for a multistep sampler that has taken one;
 *     else null
 */
public record TrajectoryState(TrajectorySpec spec, int stepsDone, float[] latent, float[] history) {
  public TrajectoryState {
    Objects.requireNonNull(spec, "spec");
    if (stepsDone < 0 || stepsDone > spec.steps()) {
      throw new IllegalArgumentException(
          "Expected 0 to " + spec.steps() + " steps done, found " + stepsDone);
    }
    requireLength("latent", latent, spec);
    boolean multistep = spec.sampler() == SamplerType.DPM_SOLVER_PP_2M && stepsDone > 0;
    if (multistep != (history != null)) {
      throw new IllegalArgumentException(
          "Expected "
              + (multistep ? "a" : "no")
              + " history of "
              + spec.sampler().id()
              + " after "
              + stepsDone
              + " steps, found "
              + (history == null ? "none" : "one"));
    }
    if (history != null) {
      requireLength("history", history, spec);
    }
  }

  private static void requireLength(String name, float[] values, TrajectorySpec spec) {
    if (values.length != spec.shape().size()) {
      throw new IllegalArgumentException(
          "Expected a "
              + name
              + " of "
              + spec.shape().size()
              + " numbers for "
              + spec.shape()
              + ", found "
              + values.length);
    }
  }
}
