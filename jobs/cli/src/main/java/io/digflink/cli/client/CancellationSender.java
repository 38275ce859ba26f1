package io.digflink.cli.client;

import java.nio.charset.StandardCharsets;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Cancels requests; one is cancelled when the brokers have the word. */
public final class CancellationSender implements AutoCloseable {

  /** Short enough for the end of a process. */
  private static final String PATIENCE_MILLIS = "5000";

  private final KafkaProducer<byte[], byte[]> producer;
  private final String topic;

  /**
   * @param client settings of the Kafka client, bootstrap.servers among them
   */
  public CancellationSender(Properties client, String topic) {
    Properties settings = new Properties();
    settings.putAll(client);
    settings.setProperty(ProducerConfig.MAX_BLOCK_MS_CONFIG, PATIENCE_MILLIS);
    settings.setProperty(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, PATIENCE_MILLIS);
    settings.setProperty(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, PATIENCE_MILLIS);
    settings.setProperty(ProducerConfig.LINGER_MS_CONFIG, "0");
    this.producer =
        new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer());
    this.topic = topic;
  }

  /**
   * Cancels a request.
   *
   * @throws IllegalStateException if no broker takes the word, such as for want of the topic
   */
  public void cancel(String requestId) throws InterruptedException {
    byte[] key = requestId.getBytes(StandardCharsets.UTF_8);
    try {
      producer.send(new ProducerRecord<>(topic, key, null)).get();
    } catch (ExecutionException e) {
      throw failure(requestId, e.getCause());
    } catch (KafkaException e) {
      throw failure(requestId, e);
    }
  }

  private IllegalStateException failure(String requestId, Throwable cause) {
    return new IllegalStateException(
        "Cannot send the cancellation of " + requestId + " to " + topic + ": " + cause, cause);
  }

  @Override
  public void close() {
    producer.close();
  }
}
