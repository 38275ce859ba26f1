package io.digflink.jobs.kafka;

import io.digflink.jobs.request.Answer;
import io.digflink.schemas.ImagePreview;
import java.time.Duration;
import java.util.Properties;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Sends previews, each at most once, outside all transactions. */
public final class PreviewSender implements AutoCloseable {
  private final RecordSerializer<ImagePreview> serializer;
  private final KafkaProducer<byte[], byte[]> producer;

  PreviewSender(Properties client, RecordSerializer<ImagePreview> serializer)
      throws InterruptedException {
    serializer.open();
    this.serializer = serializer;
    this.producer =
        new KafkaProducer<>(client, new ByteArraySerializer(), new ByteArraySerializer());
  }

  /**
   * Sends a preview, if there is room for it.
   *
   * @throws KafkaException if the topic cannot be written
   */
  public void send(Answer<ImagePreview> preview) {
    producer.send(serializer.serialize(preview, null, null));
  }

  /** Drops what is not sent yet. */
  @Override
  public void close() {
    producer.close(Duration.ZERO);
  }
}
