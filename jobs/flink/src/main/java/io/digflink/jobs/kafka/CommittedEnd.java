package io.digflink.jobs.kafka;

import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import org.apache.flink.connector.kafka.source.enumerator.initializer.OffsetsInitializer;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.OffsetResetStrategy;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;

/**
 * The end of what readers of committed records can read now. The connector's own latest offsets lie
 * behind transactions that are open, for whose end a bounded job would have to wait.
 */
final class CommittedEnd implements OffsetsInitializer {
  private static final long serialVersionUID = 1L;

  private final Properties client;

  /**
   * Asks the brokers.
   *
   * @param client settings of any client
   */
  CommittedEnd(Properties client) {
    this.client = client;
  }

  @Override
  public Map<TopicPartition, Long> getPartitionOffsets(
      Collection<TopicPartition> partitions, PartitionOffsetsRetriever retriever) {
    Map<TopicPartition, OffsetSpec> wanted = new HashMap<>();
    partitions.forEach(partition -> wanted.put(partition, OffsetSpec.latest()));
    try (Admin admin = Admin.create(client)) {
      Map<TopicPartition, Long> ends = new HashMap<>();
      for (Map.Entry<TopicPartition, ListOffsetsResultInfo> end :
          admin
              .listOffsets(wanted, new ListOffsetsOptions(IsolationLevel.READ_COMMITTED))
              .all()
              .get()
              .entrySet()) {
        ends.put(end.getKey(), end.getValue().offset());
      }
      return ends;
    } catch (InterruptedException e) {
      throw new InterruptException(e);
    } catch (ExecutionException e) {
      throw new KafkaException(
          "Expected the brokers to name the ends of " + partitions + ": " + e.getCause(), e);
    }
  }

  @Override
  @SuppressWarnings("deprecation") // The connector knows no other way to name the strategy.
  public OffsetResetStrategy getAutoOffsetResetStrategy() {
    return OffsetResetStrategy.NONE;
  }
}
