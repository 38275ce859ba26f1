package io.digflink.runtime.image;

/** Pixels are NaN or infinite: there is no picture to encode. */
public final class NotFiniteException extends ArithmeticException {
  private static final long serialVersionUID = 1L;

  NotFiniteException(String message) {
    super(message);
  }
}
