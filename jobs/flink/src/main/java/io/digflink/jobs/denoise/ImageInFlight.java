package io.digflink.jobs.denoise;

import io.digflink.runtime.sampling.Trajectory;

/**
 * An image between its first step and its place in the output.
 *
 * @param request the request that it belongs to
 * @param index place of the image in its request
 * @param trajectory where it is
 * @param startedAt when its first step began, in milliseconds since the epoch
 */
record ImageInFlight(RequestInFlight request, int index, Trajectory trajectory, long startedAt) {

  /** Whether it takes no further step: it is done, or its latent is not finite. */
  boolean hasEnded() {
    return trajectory.isDone() || !trajectory.isFinite();
  }

  /** The image for the decoder; the trajectory must be done. */
  DenoisedImage toDenoised(long now) {
    return new DenoisedImage(request.admitted(), index, trajectory.latent(), startedAt, now);
  }
}
