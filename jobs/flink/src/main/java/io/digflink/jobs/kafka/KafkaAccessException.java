package io.digflink.jobs.kafka;

import java.io.IOException;

/** Brokers do not let a client in; the message says what to look at. */
public final class KafkaAccessException extends IOException {
  private static final long serialVersionUID = 1L;

  private final boolean refused;

  KafkaAccessException(boolean refused, String message, Throwable cause) {
    super(message, cause);
    this.refused = refused;
  }

  /** Whether brokers answered and refused: the same client would be refused again. */
  public boolean isRefused() {
    return refused;
  }
}
