package io.digflink.jobs.kafka.commit;

import java.time.Duration;
import java.util.List;
import java.util.Properties;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads records at given offsets. */
final class TopicLog implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(TopicLog.class);
  private static final Duration POLL = Duration.ofSeconds(1);

  /** Until open transactions of the job's own are aborted. */
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  /** Until it is given up. */
  private static final Duration LIMIT = Duration.ofMinutes(1);

  private final KafkaConsumer<byte[], byte[]> consumer;

  private final OpenTransactions open;

  private TopicLog(Properties client, String isolation, OpenTransactions open) {
    this.open = open;
    Properties properties = new Properties();
    properties.putAll(client);
    properties.setProperty(ConsumerConfig.ISOLATION_LEVEL_CONFIG, isolation);
    properties.setProperty(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "none");
    properties.setProperty(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, "false");
    consumer =
        new KafkaConsumer<>(properties, new ByteArrayDeserializer(), new ByteArrayDeserializer());
  }

  /**
   * What readers of committed records see.
   *
   * @param open which it aborts if it has to wait for them
   */
  static TopicLog committed(Properties client, OpenTransactions open) {
    return new TopicLog(client, "read_committed", open);
  }

  /**
   * All that is in the log, of aborted transactions too.
   *
   * @param group for {@link #group}
   * @param open which it aborts if it has to wait for them
   */
  static TopicLog uncommitted(Properties client, String group, OpenTransactions open) {
    Properties ofGroup = new Properties();
    ofGroup.putAll(client);
    ofGroup.setProperty(ConsumerConfig.GROUP_ID_CONFIG, group);
    return new TopicLog(ofGroup, "read_uncommitted", open);
  }

  /** For offsets that a transaction commits. */
  ConsumerGroupMetadata group() {
    return consumer.groupMetadata();
  }

  /**
   * How many of the records were found.
   *
   * @param records that are in the log
   * @param expired that were deleted from its start
   */
  record Found(long records, long expired) {}

  /**
   * Hands over the records at some offsets.
   *
   * @param offsets ascending
   * @throws TimeoutException if brokers do not answer, or if a transaction of somebody else's stays
   *     open before an offset
   */
  Found read(
      TopicPartition partition, long[] offsets, Consumer<ConsumerRecord<byte[], byte[]>> records) {
    consumer.assign(List.of(partition));
    long start = consumer.beginningOffsets(List.of(partition)).get(partition);
    int next = 0;
    while (next < offsets.length && offsets[next] < start) {
      next++;
    }
    long expired = next;
    if (next == offsets.length) {
      return new Found(0, expired);
    }
    long last = offsets[offsets.length - 1];
    long found = 0;
    Waiting waiting = new Waiting(partition);
    consumer.seek(partition, offsets[next]);
    while (consumer.position(partition) <= last) {
      List<ConsumerRecord<byte[], byte[]>> polled = poll(partition);
      if (polled == null) {
        break;
      }
      for (ConsumerRecord<byte[], byte[]> record : polled) {
        while (next < offsets.length && offsets[next] < record.offset()) {
          next++;
        }
        if (next < offsets.length && offsets[next] == record.offset()) {
          records.accept(record);
          found++;
        }
      }
      waiting.check(!polled.isEmpty());
    }
    return new Found(found, expired);
  }

  /** The next records; null if the log ends before them. */
  private List<ConsumerRecord<byte[], byte[]>> poll(TopicPartition partition) {
    try {
      return consumer.poll(POLL).records(partition);
    } catch (OffsetOutOfRangeException e) {
      LOG.warn("The log of {} ends before the records that are looked for", partition, e);
      return null;
    }
  }

  @Override
  public void close() {
    consumer.close();
  }

  /** For records that are there, and cannot be read yet. */
  private final class Waiting {
    private final TopicPartition partition;
    private long since = System.nanoTime();
    private boolean aborted;

    Waiting(TopicPartition partition) {
      this.partition = partition;
    }

    void check(boolean progress) {
      Duration waited = Duration.ofNanos(System.nanoTime() - since);
      if (progress) {
        since = System.nanoTime();
      } else if (waited.compareTo(LIMIT) > 0) {
        throw new TimeoutException(
            "Expected to read "
                + partition
                + " at offset "
                + consumer.position(partition)
                + " within "
                + LIMIT.toSeconds()
                + " s, found that records end at "
                + consumer.endOffsets(List.of(partition)).get(partition)
                + ": brokers do not answer, or somebody else's transaction is open before it");
      } else if (!aborted && waited.compareTo(PATIENCE) > 0) {
        aborted = open.abortBefore(partition, consumer.position(partition));
      }
    }
  }
}
