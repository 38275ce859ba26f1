package io.digflink.jobs.decode;

import java.io.Serializable;

/**
 * How images are decoded.
 *
 * @param maxBatch most latents of one decoder run; 0: as many as suit the bundle and the device
 * @param claimCheckThreshold longest image file that a record carries, in bytes
 * @param claimCheckDirectory where longer files go, or null: there are none
 * @param imageMetadata whether image files say how they were made
 * @param longestFailureStreak see {@link io.digflink.jobs.device.FailedRunPolicy}
 */
public record DecodeSettings(
    int maxBatch,
    long claimCheckThreshold,
    String claimCheckDirectory,
    boolean imageMetadata,
    int longestFailureStreak)
    implements Serializable {
  public DecodeSettings {
    if (maxBatch < 0) {
      throw new IllegalArgumentException(
          "Expected decode.max-batch of 1 or more, or 0 (as many as suit the device), found "
              + maxBatch);
    }
    if (claimCheckThreshold < 0) {
      throw new IllegalArgumentException(
          "Expected claim-check.threshold of 0 or more, found " + claimCheckThreshold);
    }
  }
}
