package io.digflink.jobs.device;

/** A run threw something that no image explains; the cause is what it threw. */
public final class DeviceException extends Exception {
  private static final long serialVersionUID = 1L;

  DeviceException(Throwable cause) {
    super("A run on the device thread failed: " + cause, cause);
  }
}
