package io.digflink.jobs.denoise;

import io.digflink.jobs.request.RequestNews;

/**
 * What Denoise hands to Decode: an image, news of its request, or both. Images and news of a
 * request come in the order in which clients are to see them.
 *
 * @param image an image, or null
 * @param news news that follows the image, or null
 */
public record Handover(DenoisedImage image, RequestNews news) {
  public Handover {
    if (image == null && news == null) {
      throw new IllegalArgumentException("Expected an image or news of a request, found neither");
    }
  }

  /** The request that it belongs to. */
  public String requestId() {
    return image == null ? news.requestId() : image.header().requestId();
  }
}
