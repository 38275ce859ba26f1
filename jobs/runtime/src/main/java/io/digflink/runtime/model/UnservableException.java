package io.digflink.runtime.model;

/**
 * Something that a model or the limits set for it do not allow. Callers put the three parts into
 * messages of their own.
 */
public final class UnservableException extends Exception {
  private static final long serialVersionUID = 1L;

  private final String field;
  private final String value;
  private final String allowed;

  UnservableException(String field, Object value, String allowed) {
    super(field + " is " + value + "; allowed: " + allowed);
    this.field = field;
    this.value = String.valueOf(value);
    this.allowed = allowed;
  }

  /** What is at fault, by its name in GenerationRequest. */
  public String field() {
    return field;
  }

  /** The value that was asked for; a string is in quotes. */
  public String value() {
    return value;
  }

  /** What may be asked for instead. */
  public String allowed() {
    return allowed;
  }
}
