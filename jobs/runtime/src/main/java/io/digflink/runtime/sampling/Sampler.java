package io.digflink.runtime.sampling;

/**
 * One way to step from a noisier latent to a cleaner one. A sampler is bound to the schedule of the
 * timesteps it visits and keeps no state: what a step depends on is in its arguments.
 */
sealed interface Sampler permits DdpmSampler, DdimSampler, DpmSolverPlusPlusSampler {

  /**
   * Makes the sampler of a specification.
   *
   * @param schedule the schedule over the visited timesteps
   */
  static Sampler of(TrajectorySpec spec, NoiseSchedule schedule) {
    return switch (spec.sampler()) {
      case DDPM -> new DdpmSampler(schedule);
      case DDIM -> new DdimSampler(schedule, spec.eta());
      case DPM_SOLVER_PP_2M -> new DpmSolverPlusPlusSampler(schedule);
    };
  }

  /** Whether the step from a place of the schedule adds noise. */
  boolean addsNoise(int place);

  /** Whether steps read and write a history. */
  default boolean hasHistory() {
    return false;
  }

  /**
   * Steps from a place of the schedule to the one before it, from place 0 to the clean latent.
   *
   * @param place place in the schedule, size − 1 at the first step
   * @param latent x at that place, replaced
   * @param prediction what the network made of x; overwritten
   * @param noise standard normal numbers; not read where no noise is added
   * @param history of a sampler that has one: the x_0 predicted at the place after this one (not
   *     read at the first step), replaced; else null
   */
  void step(int place, float[] latent, Prediction prediction, float[] noise, float[] history);
}
