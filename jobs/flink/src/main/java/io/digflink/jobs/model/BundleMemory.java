package io.digflink.jobs.model;

import io.digflink.runtime.model.ModelBundle;
import io.digflink.runtime.session.Device;
import io.digflink.runtime.session.SessionException;

/** Whether a bundle can be served within a device's budget. */
final class BundleMemory {
  private BundleMemory() {}

  /**
   * Checks that denoiser and decoder fit side by side: Denoise and Decode run at the same time.
   *
   * @param budget in bytes; 0: any
   * @throws SessionException with the figures, if they do not
   */
  static void check(ModelBundle bundle, Device device, long budget) throws SessionException {
    long needed = bundle.memoryOn(device);
    if (budget > 0 && needed > budget) {
      throw new SessionException(
          String.format(
              "Expected models.memory of %d MiB or more on %s for denoiser and decoder of %s, found"
                  + " %d MiB: raise models.memory, or remove the model",
              mebibytes(needed), device, bundle.name(), budget >> 20));
    }
  }

  private static long mebibytes(long bytes) {
    return (bytes + (1 << 20) - 1) >> 20;
  }
}
