package io.digflink.cli.client;

import io.digflink.schemas.GenerationRequest;
import io.digflink.schemas.codec.RecordCodec;
import java.nio.charset.StandardCharsets;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Sends requests; one is sent when the brokers have it. */
public final class RequestSender implements AutoCloseable {
  private final RecordCodec<GenerationRequest> codec = RecordCodec.of(GenerationRequest.class);
  private final KafkaProducer<byte[], byte[]> producer;
  private final String topic;

  /**
   * @param client settings of the Kafka client, bootstrap.servers among them
   */
  public RequestSender(Properties client, String topic) {
    this.producer =
        new KafkaProducer<>(client, new ByteArraySerializer(), new ByteArraySerializer());
    this.topic = topic;
  }

  /** Sends a request. */
  public void send(GenerationRequest request) throws InterruptedException {
    send(request.getRequestId().getBytes(StandardCharsets.UTF_8), codec.encode(request));
  }

  /** Sends any bytes as a request. */
  public void send(byte[] key, byte[] value) throws InterruptedException {
    try {
      producer.send(new ProducerRecord<>(topic, key, value)).get();
    } catch (ExecutionException e) {
      throw new IllegalStateException(
          "Cannot send to " + topic + ": " + e.getCause(), e.getCause());
    }
  }

  @Override
  public void close() {
    producer.close();
  }
}
