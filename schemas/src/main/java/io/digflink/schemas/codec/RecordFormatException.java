package io.digflink.schemas.codec;

import java.io.IOException;

/** The bytes are not a readable record. */
public class RecordFormatException extends IOException {
  private static final long serialVersionUID = 1L;

  public RecordFormatException(String message) {
    super(message);
  }

  public RecordFormatException(String message, Throwable cause) {
    super(message, cause);
  }
}
