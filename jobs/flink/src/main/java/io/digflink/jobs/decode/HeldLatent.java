package io.digflink.jobs.decode;

import io.digflink.jobs.denoise.DenoisedImage;

/**
 * What waits for the decoder, as operator state holds it.
 *
 * @param image a latent; null where there is only news
 * @param key of its portion, which decides on the subtask
 * @param isOfEarlierRelease whether its request is not counted yet
 * @param news news that followed it in the state of an earlier release; else null, and not kept
 */
record HeldLatent(DenoisedImage image, String key, boolean isOfEarlierRelease, EarlierNews news) {

  /** A latent of this release. */
  static HeldLatent of(DenoisedImage image, String key) {
    return new HeldLatent(image, key, false, null);
  }
}
