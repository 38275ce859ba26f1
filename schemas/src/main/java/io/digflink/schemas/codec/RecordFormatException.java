package io.digflink.schemas.codec;

import java.io.IOException;

/** The bytes are not a readable record. */
public class RecordFormatException extends IOException {
  private static final long serialVersionUID = 1L;

  private String requestId;

  public RecordFormatException(String message) {
    super(message);
  }

  public RecordFormatException(String message, Throwable cause) {
    super(message, cause);
  }

  /** The record's {@code request_id}, where that much of it could be read; else null. */
  public String requestId() {
    return requestId;
  }

  RecordFormatException of(String id) {
    requestId = id;
    return this;
  }
}
