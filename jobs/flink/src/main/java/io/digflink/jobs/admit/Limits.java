package io.digflink.jobs.admit;

import java.io.Serializable;

/**
 * The most that a request may ask for, in addition to what the model allows.
 *
 * @param requestBytes size of the record
 * @param requestIdBytes length of the request id in UTF-8
 * @param images images of one request
 * @param steps denoising steps of an image
 * @param guidanceScale guidance scale
 * @param pixels width times height of an image
 */
public record Limits(
    long requestBytes, int requestIdBytes, int images, int steps, double guidanceScale, long pixels)
    implements Serializable {
  public Limits {
    requirePositive("requestBytes", requestBytes);
    requirePositive("requestIdBytes", requestIdBytes);
    requirePositive("images", images);
    requirePositive("steps", steps);
    requirePositive("pixels", pixels);
    if (!(guidanceScale >= 1)) {
      throw new IllegalArgumentException(
          "Expected a greatest guidance scale of 1 or more, found " + guidanceScale);
    }
  }

  private static void requirePositive(String name, long value) {
    if (value < 1) {
      throw new IllegalArgumentException(
          "Expected a limit " + name + " of 1 or more, found " + value);
    }
  }
}
