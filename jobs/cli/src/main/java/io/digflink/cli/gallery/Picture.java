package io.digflink.cli.gallery;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.digflink.schemas.GeneratedImage;
import java.nio.ByteBuffer;

/**
 * A finished image.
 *
 * @param number of the image among all that this gallery has seen, from 1
 * @param image its record
 */
record Picture(long number, GeneratedImage image) {
  /** Bytes of memory that its file takes; none where it lies elsewhere. */
  long size() {
    ByteBuffer bytes = image.getBytes();
    return bytes == null ? 0 : bytes.remaining();
  }

  void write(ObjectNode out) {
    out.put("n", number).put("id", image.getRequestId());
    out.put("index", image.getIndex()).put("count", image.getCount());
    out.put("label", image.getLabel()).put("name", image.getClassName());
    out.put("seed", Long.toString(image.getSeed())); // JavaScript rounds large numbers
    out.put("sampler", image.getSampler()).put("steps", image.getSteps());
    out.put("guidance", image.getGuidanceScale());
    out.put("width", image.getWidth()).put("height", image.getHeight());
    out.put("format", image.getFormat()).put("size", image.getSize());
    out.put("model", image.getModel()).put("uri", image.getUri());
    out.put("bundle", image.getBundleDigest()).put("sha256", image.getSha256());
    out.put("queue", image.getQueueMillis()).put("denoise", image.getDenoiseMillis());
    out.put("decode", image.getDecodeMillis());
    out.put("at", image.getCompletedAt().toEpochMilli());
  }
}
