package io.digflink.synthesis.job;

import io.digflink.synthesis.store.FailedItem;

/**
 * What became of an image, on its way to the shard that it belongs to: its latent, its image, both,
 * or why there is none.
 *
 * @param request number of the request
 * @param index place in the data set
 * @param image encoded GeneratedImage, or null
 * @param latent the latent before the decoder, or null
 * @param failedImages images that failed from index on; 0 where none did
 * @param reason reason code of a failure, or null
 * @param message what was wrong, or null
 */
public record Outcome(
    long request,
    long index,
    byte[] image,
    float[] latent,
    long failedImages,
    String reason,
    String message) {

  static Outcome latent(long request, long index, float[] latent) {
    return new Outcome(request, index, null, latent, 0, null, null);
  }

  static Outcome image(long request, long index, byte[] image) {
    return new Outcome(request, index, image, null, 0, null, null);
  }

  static Outcome failure(long request, long index, long images, String reason, String message) {
    return new Outcome(request, index, null, null, images, reason, message);
  }

  /** The image of one of two outcomes with the latent of the other. */
  Outcome pairedWith(Outcome other) {
    return image != null
        ? new Outcome(request, index, image, other.latent, 0, null, null)
        : other.pairedWith(this);
  }

  FailedItem toFailedItem() {
    return new FailedItem(request, index, failedImages, reason, message);
  }
}
