package io.digflink.cli.client;

import io.digflink.schemas.codec.RecordCodec;
import io.digflink.schemas.codec.RecordFormatException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import org.apache.avro.specific.SpecificRecordBase;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * Reads the committed records of a topic, each once.
 *
 * @param <T> a generated record
 */
public final class TopicReader<T extends SpecificRecordBase> implements AutoCloseable {
  private final RecordCodec<T> codec;
  private final KafkaConsumer<byte[], byte[]> consumer;

  private TopicReader(Properties client, String topic, Class<T> type) {
    Properties properties = new Properties();
    properties.putAll(client);
    properties.setProperty(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
    properties.setProperty(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, "false");
    this.codec = RecordCodec.of(type);
    this.consumer =
        new KafkaConsumer<>(properties, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    consumer.assign(
        consumer.partitionsFor(topic).stream()
            .map(info -> new TopicPartition(topic, info.partition()))
            .toList());
  }

  /**
   * Reads a topic from its start.
   *
   * @param client settings of the Kafka client, bootstrap.servers among them
   */
  public static <T extends SpecificRecordBase> TopicReader<T> fromStart(
      Properties client, String topic, Class<T> type) {
    TopicReader<T> reader = new TopicReader<>(client, topic, type);
    reader.consumer.seekToBeginning(reader.consumer.assignment());
    return reader;
  }

  /** Reads what comes to a topic from now on. */
  public static <T extends SpecificRecordBase> TopicReader<T> fromNow(
      Properties client, String topic, Class<T> type) {
    TopicReader<T> reader = new TopicReader<>(client, topic, type);
    reader.consumer.seekToEnd(reader.consumer.assignment());
    // Seeking is lazy: asked for, the position is fixed before anything is sent.
    reader.consumer.assignment().forEach(reader.consumer::position);
    return reader;
  }

  /** Whether everything that is committed now has been read. */
  public boolean isAtEnd() {
    return consumer.endOffsets(consumer.assignment()).entrySet().stream()
        .allMatch(end -> consumer.position(end.getKey()) >= end.getValue());
  }

  /** The next records, none if none come in time. */
  public List<T> poll(Duration timeout) {
    List<T> records = new ArrayList<>();
    for (ConsumerRecord<byte[], byte[]> record : consumer.poll(timeout)) {
      try {
        records.add(codec.decode(record.value()));
      } catch (RecordFormatException e) {
        throw new IllegalStateException(
            record.topic()
                + "-"
                + record.partition()
                + "@"
                + record.offset()
                + ": "
                + e.getMessage(),
            e);
      }
    }
    return records;
  }

  @Override
  public void close() {
    consumer.close();
  }
}
