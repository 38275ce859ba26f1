package io.digflink.schemas.codec;

/** The bytes are a record in single-object encoding, of a schema that nobody told the codec of. */
public final class UnknownSchemaException extends RecordFormatException {
  private static final long serialVersionUID = 1L;

  public UnknownSchemaException(String message) {
    super(message);
  }
}
