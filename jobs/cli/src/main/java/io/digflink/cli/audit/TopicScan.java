package io.digflink.cli.audit;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** Reads the committed records of a topic up to the end that it has when this begins. */
final class TopicScan {
  private static final Duration POLL = Duration.ofMillis(500);
  private static final Duration TELL_EVERY = Duration.ofSeconds(5);

  private final Properties client;
  private final Instant since;
  private final Consumer<String> told;

  /**
   * @param since reads records from then on; null: from the start
   * @param told takes a line on how far it is, every few seconds
   */
  TopicScan(Properties client, Instant since, Consumer<String> told) {
    this.client = new Properties();
    this.client.putAll(client);
    this.client.setProperty(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
    this.client.setProperty(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, "false");
    this.client.setProperty(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
    this.since = since;
    this.told = told;
  }

  void read(String topic, Consumer<ConsumerRecord<byte[], byte[]>> records) {
    try (KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(client, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      List<TopicPartition> partitions =
          consumer.partitionsFor(topic).stream()
              .map(info -> new TopicPartition(topic, info.partition()))
              .toList();
      consumer.assign(partitions);
      Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
      seek(consumer, partitions);
      long all = left(consumer, ends);
      long told = System.nanoTime();
      while (left(consumer, ends) > 0) {
        for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
          if (record.offset() < ends.get(new TopicPartition(topic, record.partition()))) {
            records.accept(record);
          }
        }
        if (System.nanoTime() - told > TELL_EVERY.toNanos()) {
          told = System.nanoTime();
          this.told.accept(String.format("%s: %,d of %,d", topic, all - left(consumer, ends), all));
        }
      }
    }
  }

  private void seek(KafkaConsumer<?, ?> consumer, List<TopicPartition> partitions) {
    if (since == null) {
      consumer.seekToBeginning(partitions);
      return;
    }
    Map<TopicPartition, Long> times =
        partitions.stream()
            .collect(Collectors.toMap(Function.identity(), p -> since.toEpochMilli()));
    for (Map.Entry<TopicPartition, OffsetAndTimestamp> start :
        consumer.offsetsForTimes(times).entrySet()) {
      if (start.getValue() == null) {
        consumer.seekToEnd(List.of(start.getKey()));
      } else {
        consumer.seek(start.getKey(), start.getValue().offset());
      }
    }
  }

  private static long left(KafkaConsumer<?, ?> consumer, Map<TopicPartition, Long> ends) {
    return ends.entrySet().stream()
        .mapToLong(end -> Math.max(0, end.getValue() - consumer.position(end.getKey())))
        .sum();
  }
}
