package io.digflink.jobs.denoise;

import io.digflink.jobs.request.AdmittedRequest;
import java.util.List;

/**
 * A request that is held, as operator state holds it. A request is one element of the state, so
 * that a rescale leaves its images together and in order.
 *
 * @param admitted the request
 * @param bundleDigest digest of the bundle that makes the images; empty if none has begun
 * @param begun images that have begun: in flight or gone
 * @param images the images in flight: the last ones that have begun
 */
record HeldRequest(
    AdmittedRequest admitted, String bundleDigest, int begun, List<HeldImage> images) {

  /**
   * An image in flight.
   *
   * @param startedAt when its first step began, in milliseconds since the epoch
   * @param stepsDone steps taken
   * @param values the latent after those steps, [C, H, W]
   * @param history what a multistep sampler keeps, or null
   */
  record HeldImage(long startedAt, int stepsDone, float[] values, float[] history) {}

  /** Index of the first image in flight. */
  int firstIndex() {
    return begun - images.size();
  }
}
