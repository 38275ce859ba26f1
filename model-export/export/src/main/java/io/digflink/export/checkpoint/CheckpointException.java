package io.digflink.export.checkpoint;

import java.io.IOException;

/**
 * A checkpoint that cannot be read. The message says what was expected, what was found, and what to
 * do.
 */
public class CheckpointException extends IOException {
  private static final long serialVersionUID = 1L;

  public CheckpointException(String message) {
    super(message);
  }

  public CheckpointException(String message, Throwable cause) {
    super(message, cause);
  }
}
