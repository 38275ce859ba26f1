package io.digflink.synthesis.plan;

import io.digflink.jobs.kafka.KafkaAccess;
import io.digflink.synthesis.store.WorkFiles;
import java.io.BufferedOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * Copies the committed records of a topic, from its beginning to its present end, into a file: an
 * int length and the value of each, partition by partition in order of the offsets. The data set is
 * made from the file, so that what comes to the topic later changes nothing.
 */
public final class TopicSnapshot {
  private static final Duration POLL = Duration.ofMillis(500);

  private TopicSnapshot() {}

  /**
   * Writes the file, whole or not at all.
   *
   * @param client settings of the Kafka client, bootstrap.servers among them
   * @throws IOException if the topic cannot be read
   */
  public static void take(Properties client, String topic, WorkFiles files, Path file)
      throws IOException, InterruptedException {
    KafkaAccess.check(client, List.of(topic));
    Path temporary = files.temporary(file.getFileName().toString());
    try (Consumer<byte[], byte[]> consumer = new KafkaConsumer<>(settings(client));
        DataOutputStream out =
            new DataOutputStream(new BufferedOutputStream(Files.newOutputStream(temporary)))) {
      List<TopicPartition> partitions =
          consumer.partitionsFor(topic).stream()
              .map(info -> new TopicPartition(info.topic(), info.partition()))
              .sorted(Comparator.comparingInt(TopicPartition::partition))
              .toList();
      Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
      for (TopicPartition partition : partitions) {
        copy(consumer, partition, ends.get(partition), out);
      }
    } catch (KafkaException e) {
      throw new IOException(
          "Expected to read the topic "
              + topic
              + " at "
              + client.getProperty(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG)
              + ", found: "
              + e.getMessage(),
          e);
    }
    WorkFiles.publish(temporary, file);
  }

  private static void copy(
      Consumer<byte[], byte[]> consumer, TopicPartition partition, long end, DataOutputStream out)
      throws IOException {
    consumer.assign(List.of(partition));
    consumer.seekToBeginning(List.of(partition));
    while (consumer.position(partition) < end) {
      for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
        if (record.offset() < end) {
          byte[] value = record.value() == null ? new byte[0] : record.value();
          out.writeInt(value.length);
          out.write(value);
        }
      }
    }
  }

  private static Properties settings(Properties client) {
    Properties settings = new Properties();
    settings.putAll(client);
    settings.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
    settings.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, "false");
    settings.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, "false");
    settings.put(ConsumerConfig.KEY_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class);
    settings.put(ConsumerConfig.VALUE_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class);
    return settings;
  }
}
