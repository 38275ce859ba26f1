package io.digflink.schemas.codec;

/**
 * The bytes are a record in single-object encoding, written with a schema that the codec does not
 * know.
 */
public final class UnknownSchemaException extends RecordFormatException {
  private static final long serialVersionUID = 1L;

  public UnknownSchemaException(String message) {
    super(message);
  }
}
