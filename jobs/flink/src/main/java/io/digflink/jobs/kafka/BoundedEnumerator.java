package io.digflink.jobs.kafka;

import java.io.IOException;
import java.util.List;
import org.apache.flink.api.connector.source.SourceEvent;
import org.apache.flink.api.connector.source.SplitEnumerator;
import org.apache.flink.api.connector.source.SplitEnumeratorContext;
import org.apache.flink.connector.kafka.source.enumerator.KafkaSourceEnumState;
import org.apache.flink.connector.kafka.source.split.KafkaPartitionSplit;
import org.apache.flink.util.FlinkRuntimeException;

/**
 * The connector's enumerator for a source that ends. The connector tells readers that no more
 * splits come only after it has found some. Where there is no topic, or after a restore, it finds
 * none, and its readers would wait for ever.
 */
final class BoundedEnumerator
    implements SplitEnumerator<KafkaPartitionSplit, KafkaSourceEnumState> {
  private static final long NO_CHECKPOINT = -1;

  private final SplitEnumerator<KafkaPartitionSplit, KafkaSourceEnumState> enumerator;
  private final SplitEnumeratorContext<KafkaPartitionSplit> context;
  private boolean findsNone;

  /**
   * @param findsNone whether it has found its splits before
   */
  BoundedEnumerator(
      SplitEnumerator<KafkaPartitionSplit, KafkaSourceEnumState> enumerator,
      SplitEnumeratorContext<KafkaPartitionSplit> context,
      boolean findsNone) {
    this.enumerator = enumerator;
    this.context = context;
    this.findsNone = findsNone;
  }

  @Override
  public void start() {
    enumerator.start();
    // Its questions are answered in order: which partitions there are, and then where they end.
    later(() -> later(this::discovered));
  }

  private void later(Runnable next) {
    context.callAsync(
        () -> true,
        (done, failure) -> {
          if (failure == null) {
            next.run();
          }
        });
  }

  private void discovered() {
    try {
      if (!findsNone && enumerator.snapshotState(NO_CHECKPOINT).splits().isEmpty()) {
        findsNone = true;
        context.registeredReaders().keySet().forEach(context::signalNoMoreSplits);
      }
    } catch (Exception e) {
      throw new FlinkRuntimeException(e);
    }
  }

  /** The reader has its splits back from its own state, or gets those that were waiting for it. */
  @Override
  public void addReader(int subtask) {
    enumerator.addReader(subtask);
    if (findsNone) {
      context.signalNoMoreSplits(subtask);
    }
  }

  @Override
  public void handleSplitRequest(int subtask, String host) {
    enumerator.handleSplitRequest(subtask, host);
  }

  @Override
  public void addSplitsBack(List<KafkaPartitionSplit> splits, int subtask) {
    enumerator.addSplitsBack(splits, subtask);
  }

  @Override
  public void handleSourceEvent(int subtask, SourceEvent event) {
    enumerator.handleSourceEvent(subtask, event);
  }

  @Override
  public KafkaSourceEnumState snapshotState(long checkpoint) throws Exception {
    return enumerator.snapshotState(checkpoint);
  }

  @Override
  public void notifyCheckpointComplete(long checkpoint) throws Exception {
    enumerator.notifyCheckpointComplete(checkpoint);
  }

  @Override
  public void close() throws IOException {
    enumerator.close();
  }
}
