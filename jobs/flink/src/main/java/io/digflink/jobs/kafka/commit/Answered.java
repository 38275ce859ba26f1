package io.digflink.jobs.kafka.commit;

import java.util.concurrent.ExecutionException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.errors.InterruptException;

/** Waits for what brokers answer an admin client. */
final class Answered {
  private Answered() {}

  /**
   * The answer.
   *
   * @throws KafkaException that the brokers answered with, or {@link InterruptException}
   */
  static <T> T get(KafkaFuture<T> answer) {
    try {
      return answer.get();
    } catch (InterruptedException e) {
      throw new InterruptException(e);
    } catch (ExecutionException e) {
      throw e.getCause() instanceof KafkaException failure ? failure : new KafkaException(e);
    }
  }
}
