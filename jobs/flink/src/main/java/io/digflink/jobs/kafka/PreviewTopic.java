package io.digflink.jobs.kafka;

import io.digflink.schemas.ImagePreview;
import java.io.Serializable;
import java.util.Properties;
import org.apache.kafka.clients.producer.ProducerConfig;

/** Where previews go and in which form. */
public final class PreviewTopic implements Serializable {
  private static final long serialVersionUID = 1L;
  private static final long MOST_BUFFERED_BYTES = 4L << 20;
  private static final long LONGEST_WAIT_MILLIS = 1_000;

  private final Properties client;
  private final RecordSerializer<ImagePreview> serializer;

  PreviewTopic(KafkaSettings kafka, RecordSettings records, String topic) {
    this.client = kafka.client();
    // What is late is worth nothing.
    client.setProperty(ProducerConfig.ACKS_CONFIG, "0");
    client.setProperty(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, "false");
    client.setProperty(ProducerConfig.RETRIES_CONFIG, "0");
    client.setProperty(ProducerConfig.BUFFER_MEMORY_CONFIG, String.valueOf(MOST_BUFFERED_BYTES));
    client.setProperty(ProducerConfig.MAX_BLOCK_MS_CONFIG, String.valueOf(LONGEST_WAIT_MILLIS));
    this.serializer =
        new RecordSerializer<>(topic, ImagePreview.class, ImagePreview::getRequestId, records);
  }

  /** Opens a sender; waits for the schema registry where there is one. */
  public PreviewSender open() throws InterruptedException {
    return new PreviewSender(client, serializer);
  }
}
