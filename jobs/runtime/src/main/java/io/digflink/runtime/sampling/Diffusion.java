package io.digflink.runtime.sampling;

import io.digflink.bundle.ModelManifest;

/**
 * What sampling needs to know of a model: its schedule, its channels, its classes. Begins
 * trajectories and restores them.
 *
 * @param schedule the schedule of training
 * @param channels channels of a latent
 * @param learnsVariance whether the output's second half is the variance
 * @param classes number of classes, 0 for a model without
 * @param nullLabel label of the unconditional class, or null for a model that has none
 */
public record Diffusion(
    NoiseSchedule schedule, int channels, boolean learnsVariance, int classes, Integer nullLabel) {

  /** Reads it from a bundle's manifest. */
  public static Diffusion of(ModelManifest manifest) {
    ModelManifest.Schedule schedule = manifest.schedule();
    ModelManifest.Classes classes = manifest.classes();
    return new Diffusion(
        NoiseSchedule.linear(schedule.timesteps(), schedule.betaStart(), schedule.betaEnd()),
        manifest.latent().channels(),
        manifest.parameterization().learnSigma(),
        classes == null ? 0 : classes.count(),
        classes == null ? null : classes.nullClass());
  }

  /** Channels of the network's output. */
  public int outputChannels() {
    return learnsVariance ? 2 * channels : channels;
  }

  /**
   * Begins a trajectory at pure noise.
   *
   * @throws IllegalArgumentException if the model cannot make it
   */
  public Trajectory begin(TrajectorySpec spec) {
    check(spec);
    return Trajectory.begin(spec, this);
  }

  /**
   * Goes on with a trajectory where it was.
   *
   * @throws IllegalArgumentException if the model cannot make it
   */
  public Trajectory restore(TrajectoryState state) {
    check(state.spec());
    return Trajectory.restore(state, this);
  }

  private void check(TrajectorySpec spec) {
    if (spec.shape().channels() != channels) {
      throw new IllegalArgumentException(
          "Expected a latent of "
              + channels
              + " channels, found one of "
              + spec.shape().channels());
    }
    int largest = nullLabel == null ? classes - 1 : Math.max(classes - 1, nullLabel);
    if (classes == 0 ? spec.label() != null : spec.label() == null || spec.label() > largest) {
      throw new IllegalArgumentException(
          "Expected "
              + (classes == 0 ? "no label" : "a label of 0 to " + largest)
              + ", found "
              + spec.label());
    }
    if (spec.guidance().scale() != 1 && nullLabel == null) {
      throw new IllegalArgumentException(
          "Guidance needs a model with a null class, found scale "
              + spec.guidance().scale()
              + " for a model trained without label dropout: use scale 1");
    }
  }
}
