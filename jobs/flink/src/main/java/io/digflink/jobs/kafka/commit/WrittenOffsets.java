package io.digflink.jobs.kafka.commit;

import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.LongStream;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;

/** Collects where records were written. The producer's thread adds, the task's thread takes. */
final class WrittenOffsets implements Consumer<RecordMetadata> {
  private Map<TopicPartition, LongStream.Builder> offsets = new HashMap<>();

  @Override
  public synchronized void accept(RecordMetadata record) {
    if (record != null && record.hasOffset()) {
      offsets
          .computeIfAbsent(
              new TopicPartition(record.topic(), record.partition()),
              partition -> LongStream.builder())
          .add(record.offset());
    }
  }

  /** What was added since the last call, ascending. */
  synchronized Map<TopicPartition, long[]> take() {
    Map<TopicPartition, long[]> taken = new HashMap<>();
    offsets.forEach(
        (partition, builder) -> taken.put(partition, builder.build().sorted().toArray()));
    offsets = new HashMap<>();
    return taken;
  }
}
