package io.digflink.runtime.session;

/**
 * A run needed more memory than the device has. The session still works: a smaller batch may fit.
 */
public final class OutOfDeviceMemoryException extends SessionException {
  private static final long serialVersionUID = 1L;

  public OutOfDeviceMemoryException(String message, Throwable cause) {
    super(message, cause);
  }
}
