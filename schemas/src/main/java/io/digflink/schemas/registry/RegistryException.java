package io.digflink.schemas.registry;

import java.io.IOException;

/** The registry gave no answer to the question: it may give one later. */
public final class RegistryException extends IOException {
  private static final long serialVersionUID = 1L;

  RegistryException(String message, Throwable cause) {
    super(message, cause);
  }
}
