package io.digflink.jobs.denoise;

import io.digflink.runtime.session.Device;
import java.io.Serializable;

/**
 * How much a subtask of Denoise takes on.
 *
 * @param maxBatchRows most rows of one denoiser run, at least 2 because a guided image takes two;
 *     0: as many as suit the device
 * @param maxInFlight most images in flight at a time
 * @param maxWaiting most requests taken before all their images have a place
 * @param longestFailureStreak see {@link io.digflink.jobs.device.FailedRunPolicy}
 */
public record DenoiseSettings(
    int maxBatchRows, int maxInFlight, int maxWaiting, int longestFailureStreak)
    implements Serializable {
  public DenoiseSettings {
    if (maxBatchRows != 0) {
      require("max-batch-rows", maxBatchRows, 2);
    }
    require("max-in-flight", maxInFlight, 1);
    require("max-waiting", maxWaiting, 1);
  }

  /** Most rows of one denoiser run on a device. */
  int rowsOn(Device device) {
    return maxBatchRows == 0 ? device.suitableRows() : maxBatchRows;
  }

  private static void require(String name, int value, int least) {
    if (value < least) {
      throw new IllegalArgumentException(
          "Expected denoise." + name + " of " + least + " or more, found " + value);
    }
  }
}
