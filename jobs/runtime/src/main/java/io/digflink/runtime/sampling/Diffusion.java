package io.digflink.runtime.sampling;

import io.digflink.bundle.ModelManifest;

/**
 * What sampling needs to know of a model: its schedule, its channels, its classes. Begins
 * trajectories and restores them; whether a model can make an image is decided by its capabilities.
 *
 * @param schedule the schedule of training
 * @param channels channels of a latent
 * @param learnsVariance whether the output's second half is the variance
 * @param classes number of classes; 0 for a model without
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

  /** Begins a trajectory at pure noise. It must be one that the model can make. */
  public Trajectory begin(TrajectorySpec spec) {
    return Trajectory.begin(spec, this);
  }

  /** Continues a trajectory where it was. It must be one that the model can make. */
  public Trajectory restore(TrajectoryState state) {
    return Trajectory.restore(state, this);
  }
}
