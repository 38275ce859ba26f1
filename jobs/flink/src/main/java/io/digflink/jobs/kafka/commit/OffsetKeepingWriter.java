package io.digflink.jobs.kafka.commit;

import java.io.IOException;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.apache.flink.api.common.eventtime.Watermark;
import org.apache.flink.api.connector.sink2.CommittingSinkWriter;
import org.apache.flink.api.connector.sink2.StatefulSinkWriter;
import org.apache.flink.connector.kafka.sink.KafkaCommittable;
import org.apache.flink.connector.kafka.sink.KafkaWriterState;
import org.apache.flink.util.IOUtils;
import org.apache.kafka.common.TopicPartition;

/**
 * The connector's writer; its transactions carry the offsets of their records.
 *
 * @param <T> what is written
 * @param <W> the connector's writer
 */
@SuppressWarnings("try") // Flink's writers may throw InterruptedException from close().
final class OffsetKeepingWriter<
        T,
        W extends
            StatefulSinkWriter<T, KafkaWriterState> & CommittingSinkWriter<T, KafkaCommittable>>
    implements StatefulSinkWriter<T, KafkaWriterState>,
        CommittingSinkWriter<T, WrittenTransaction> {
  private final W writer;
  private final WrittenOffsets offsets;
  private final AutoCloseable claim;

  /**
   * Wraps a writer.
   *
   * @param offsets the consumer of the writer's metadata
   * @param claim what ends with the writer
   */
  OffsetKeepingWriter(W writer, WrittenOffsets offsets, AutoCloseable claim) {
    this.writer = writer;
    this.offsets = offsets;
    this.claim = claim;
  }

  @Override
  public void write(T element, Context context) throws IOException, InterruptedException {
    writer.write(element, context);
  }

  @Override
  public void flush(boolean endOfInput) throws IOException, InterruptedException {
    writer.flush(endOfInput);
  }

  @Override
  public void writeWatermark(Watermark watermark) throws IOException, InterruptedException {
    writer.writeWatermark(watermark);
  }

  /** At most one transaction: Flink has flushed it, so that all its offsets are known. */
  @Override
  public Collection<WrittenTransaction> prepareCommit() throws IOException, InterruptedException {
    Map<TopicPartition, long[]> written = offsets.take();
    return writer.prepareCommit().stream()
        .map(transaction -> new WrittenTransaction(transaction, written))
        .toList();
  }

  @Override
  public List<KafkaWriterState> snapshotState(long checkpointId) throws IOException {
    return writer.snapshotState(checkpointId);
  }

  @Override
  public void close() throws Exception {
    IOUtils.closeAll(claim, writer, () -> LeftOpen.close(writer));
  }
}
