package io.digflink.jobs.denoise;

import io.digflink.jobs.request.Portion;
import java.util.List;

/**
 * A portion that is held, as operator state holds it.
 *
 * @param portion the portion
 * @param original the request's record, in the state of a release before portions, where nobody
 *     counts the request's images yet; else null, and not kept
 * @param next index of the next image to begin
 * @param images the images in flight
 */
record HeldPortion(Portion portion, byte[] original, int next, List<HeldImage> images) {

  /**
   * An image in flight.
   *
   * @param index place of the image in its request
   * @param startedAt when its first step began, in milliseconds since the epoch
   * @param stepsDone steps taken
   * @param values the latent after those steps, [C, H, W]
   * @param history what a multistep sampler keeps, or null
   */
  record HeldImage(int index, long startedAt, int stepsDone, float[] values, float[] history) {}

  /** Images that have not left. */
  int left() {
    return portion.to() - next + images.size();
  }
}
