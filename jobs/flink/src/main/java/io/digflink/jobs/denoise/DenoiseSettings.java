package io.digflink.jobs.denoise;

import io.digflink.runtime.model.SuitableBatches;
import io.digflink.runtime.session.Device;
import java.io.Serializable;
import java.time.Duration;

/**
 * How much a subtask of Denoise takes on.
 *
 * @param maxBatchRows most rows of one denoiser run, at least 2 because a guided image takes two;
 *     0: as many as are measured to suit the bundle and the device
 * @param maxInFlight most images in flight at a time; 0: as many as fill the largest run
 * @param maxInFlightOfTenant most images of one tenant in flight at a time; 0: no limit of its own
 * @param maxWaiting portions with images that wait at which the source is held back
 * @param maxUnderWay portions that may still come after that before the operator blocks its input
 * @param rememberCancelled how long the id of a cancelled request is remembered
 * @param batchWait longest time for which first steps wait for others to take them together
 * @param longestFailureStreak see {@link io.digflink.jobs.device.FailedRunPolicy}
 */
public record DenoiseSettings(
    int maxBatchRows,
    int maxInFlight,
    int maxInFlightOfTenant,
    int maxWaiting,
    int maxUnderWay,
    Duration rememberCancelled,
    Duration batchWait,
    int longestFailureStreak)
    implements Serializable {
  /** Two requests of 100,000 images. */
  public static final int USUAL_UNDER_WAY = 8_192;

  private static final int LEAST_PLACES = 64;

  public DenoiseSettings {
    if (maxBatchRows != 0) {
      require("max-batch-rows", maxBatchRows, 2);
    }
    if (maxInFlight != 0) {
      require("max-in-flight", maxInFlight, 1);
    }
    require("max-in-flight-of-tenant", maxInFlightOfTenant, 0);
    require("max-waiting", maxWaiting, 1);
  }

  /**
   * Most images in flight on a device. An image that nothing guides takes one row: with fewer
   * places than rows such images would not fill a run.
   */
  int placesOn(Device device) {
    int rows = maxBatchRows == 0 ? SuitableBatches.mostRows(device) : maxBatchRows;
    return maxInFlight == 0 ? Math.max(LEAST_PLACES, rows) : maxInFlight;
  }

  /** Places that the images of one tenant may have. */
  int placesOfTenantOn(Device device) {
    int places = placesOn(device);
    return maxInFlightOfTenant == 0 ? places : Math.min(places, maxInFlightOfTenant);
  }

  private static void require(String name, int value, int least) {
    if (value < least) {
      throw new IllegalArgumentException(
          "Expected denoise." + name + " of " + least + " or more, found " + value);
    }
  }
}
