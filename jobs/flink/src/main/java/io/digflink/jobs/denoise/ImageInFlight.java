package io.digflink.jobs.denoise;

import io.digflink.jobs.request.ImageHeader;
import io.digflink.runtime.sampling.Trajectory;

/**
 * An image between its first step and its leaving. Told apart by identity.
 *
 * @param portion the portion that it belongs to
 * @param index place of the image in its request
 * @param trajectory where it is
 * @param startedAt when its first step began, in milliseconds since the epoch
 */
record ImageInFlight(PortionInFlight portion, int index, Trajectory trajectory, long startedAt) {

  /** Whether it takes no further step: it is done, or its latent is not finite. */
  boolean hasEnded() {
    return trajectory.isDone() || !trajectory.isFinite();
  }

  /** Steps that it has not taken. */
  int stepsLeft() {
    return portion.portion().request().getSteps() - trajectory.stepsDone();
  }

  /** Work of the steps that it has not taken. */
  long workLeft() {
    return portion.portion().cost() / portion.portion().request().getSteps() * stepsLeft();
  }

  /**
   * The image for the decoder; the trajectory must be done.
   *
   * @param bundleDigest digest of the bundle that made it
   */
  DenoisedImage toDenoised(String bundleDigest, long now) {
    ImageHeader header =
        ImageHeader.of(
            portion.portion(), index, bundleDigest, trajectory.guidanceScale(), startedAt, now);
    return new DenoisedImage(header, trajectory.latent());
  }

  @Override
  public boolean equals(Object other) {
    return this == other;
  }

  @Override
  public int hashCode() {
    return System.identityHashCode(this);
  }
}
