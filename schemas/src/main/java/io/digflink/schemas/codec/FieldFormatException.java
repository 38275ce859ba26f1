package io.digflink.schemas.codec;

/** The bytes are a record of which one field cannot be read. */
public final class FieldFormatException extends RecordFormatException {
  private static final long serialVersionUID = 1L;

  private final String field;
  private final String value;
  private final String allowed;

  FieldFormatException(String field, String value, String allowed) {
    super(field + " is " + value + "; allowed: " + allowed);
    this.field = field;
    this.value = value;
    this.allowed = allowed;
  }

  /** The field at fault, as the record names it. */
  public String field() {
    return field;
  }

  /** What was found. */
  public String value() {
    return value;
  }

  /** What is allowed. */
  public String allowed() {
    return allowed;
  }
}
