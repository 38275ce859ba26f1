package io.digflink.jobs.kafka.commit;

import java.util.Comparator;
import java.util.Map;
import java.util.TreeMap;
import org.apache.flink.connector.kafka.sink.KafkaCommittable;
import org.apache.kafka.common.TopicPartition;

/**
 * A transaction that is to be committed, and where its records are.
 *
 * @param transaction the connector's handle
 * @param offsets of its records, ascending, by partition; empty if it comes from version 0.1.0,
 *     which did not keep them
 */
record WrittenTransaction(KafkaCommittable transaction, Map<TopicPartition, long[]> offsets) {
  private static final Comparator<TopicPartition> ORDER =
      Comparator.comparing(TopicPartition::topic).thenComparingInt(TopicPartition::partition);

  WrittenTransaction {
    TreeMap<TopicPartition, long[]> sorted = new TreeMap<>(ORDER);
    sorted.putAll(offsets);
    offsets = sorted;
  }

  /** The first partition, in the order of names and numbers. */
  TopicPartition firstPartition() {
    return offsets.keySet().iterator().next();
  }

  /** The place of one record, such as {@code dig.images-0@1234}: no other transaction has it. */
  String place() {
    TopicPartition partition = firstPartition();
    return partition + "@" + offsets.get(partition)[0];
  }

  long records() {
    return offsets.values().stream().mapToLong(partition -> partition.length).sum();
  }
}
