package io.digflink.jobs.kafka;

import java.io.IOException;

/** A Kafka that a client does not get into, with what to look at. */
public final class KafkaAccessException extends IOException {
  private static final long serialVersionUID = 1L;

  private final boolean refused;

  KafkaAccessException(boolean refused, String message, Throwable cause) {
    super(message, cause);
    this.refused = refused;
  }

  /** Whether brokers answered and said no: the same client asking again gets the same answer. */
  public boolean isRefused() {
    return refused;
  }
}
