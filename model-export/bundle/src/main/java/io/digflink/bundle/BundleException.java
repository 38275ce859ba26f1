package io.digflink.bundle;

import java.io.IOException;

/** A model bundle that is missing, damaged or in another format. The message says what to do. */
public class BundleException extends IOException {
  private static final long serialVersionUID = 1L;

  public BundleException(String message) {
    super(message);
  }

  public BundleException(String message, Throwable cause) {
    super(message, cause);
  }
}
