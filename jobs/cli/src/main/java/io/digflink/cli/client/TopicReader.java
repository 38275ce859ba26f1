package io.digflink.cli.client;

import java.io.IOException;
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
 * Reads the committed records of a topic, each once, in whatever format they are.
 *
 * @param <T> a generated record
 */
public final class TopicReader<T extends SpecificRecordBase> implements AutoCloseable {
  private final RecordReader<T> reader;
  private final KafkaConsumer<byte[], byte[]> consumer;

  private TopicReader(Properties client, String topic, RecordReader<T> reader) {
    Properties properties = new Properties();
    properties.putAll(client);
    properties.setProperty(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
    properties.setProperty(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, "false");
    this.reader = reader;
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
    return fromStart(client, topic, new RecordReader<>(type, null));
  }

  /** Reads a topic from its start, records in Confluent's wire format too. */
  public static <T extends SpecificRecordBase> TopicReader<T> fromStart(
      Properties client, String topic, RecordReader<T> records) {
    TopicReader<T> reader = new TopicReader<>(client, topic, records);
    reader.consumer.seekToBeginning(reader.consumer.assignment());
    return reader;
  }

  /** Reads what comes to a topic from now on. */
  public static <T extends SpecificRecordBase> TopicReader<T> fromNow(
      Properties client, String topic, Class<T> type) {
    return fromNow(client, topic, new RecordReader<>(type, null));
  }

  /** Reads what comes to a topic from now on, records in Confluent's wire format too. */
  public static <T extends SpecificRecordBase> TopicReader<T> fromNow(
      Properties client, String topic, RecordReader<T> records) {
    TopicReader<T> reader = new TopicReader<>(client, topic, records);
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
    return pollRecords(timeout).stream().map(Read::value).toList();
  }

  /**
   * A record and how it lay in the topic.
   *
   * @param value what it says
   * @param record key, headers and place
   */
  public record Read<T>(T value, ConsumerRecord<byte[], byte[]> record) {}

  /** The next records with their keys, headers and places; none if none come in time. */
  public List<Read<T>> pollRecords(Duration timeout) {
    List<Read<T>> records = new ArrayList<>();
    for (ConsumerRecord<byte[], byte[]> record : consumer.poll(timeout)) {
      try {
        records.add(new Read<>(reader.read(record.value()), record));
      } catch (IOException e) {
        throw new IllegalStateException(placeOf(record) + ": " + e.getMessage(), e);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException("Interrupted at " + placeOf(record), e);
      }
    }
    return records;
  }

  private static String placeOf(ConsumerRecord<byte[], byte[]> record) {
    return record.topic() + "-" + record.partition() + "@" + record.offset();
  }

  @Override
  public void close() {
    consumer.close();
  }
}
