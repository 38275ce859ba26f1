package io.digflink.jobs.kafka;

import io.digflink.jobs.request.IncomingRecord;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.connector.source.Boundedness;
import org.apache.flink.api.connector.source.Source;
import org.apache.flink.api.connector.source.SourceReader;
import org.apache.flink.api.connector.source.SourceReaderContext;
import org.apache.flink.api.connector.source.SplitEnumerator;
import org.apache.flink.api.connector.source.SplitEnumeratorContext;
import org.apache.flink.api.java.typeutils.ResultTypeQueryable;
import org.apache.flink.connector.kafka.source.KafkaSource;
import org.apache.flink.connector.kafka.source.enumerator.KafkaSourceEnumState;
import org.apache.flink.connector.kafka.source.split.KafkaPartitionSplit;
import org.apache.flink.core.io.SimpleVersionedSerializer;
import org.apache.flink.streaming.api.lineage.LineageVertex;
import org.apache.flink.streaming.api.lineage.LineageVertexProvider;

/** A Kafka source that pauses while the operator chained to it has no room. */
final class PausingSource
    implements Source<IncomingRecord, KafkaPartitionSplit, KafkaSourceEnumState>,
        ResultTypeQueryable<IncomingRecord>,
        LineageVertexProvider {
  private static final long serialVersionUID = 1L;

  private final KafkaSource<IncomingRecord> source;

  PausingSource(KafkaSource<IncomingRecord> source) {
    this.source = source;
  }

  @Override
  public SourceReader<IncomingRecord, KafkaPartitionSplit> createReader(SourceReaderContext context)
      throws Exception {
    return new PausingReader<>(source.createReader(context));
  }

  @Override
  public Boundedness getBoundedness() {
    return source.getBoundedness();
  }

  @Override
  public SplitEnumerator<KafkaPartitionSplit, KafkaSourceEnumState> createEnumerator(
      SplitEnumeratorContext<KafkaPartitionSplit> context) {
    return ending(source.createEnumerator(context), context, false);
  }

  @Override
  public SplitEnumerator<KafkaPartitionSplit, KafkaSourceEnumState> restoreEnumerator(
      SplitEnumeratorContext<KafkaPartitionSplit> context, KafkaSourceEnumState state)
      throws Exception {
    return ending(
        source.restoreEnumerator(context, state), context, state.initialDiscoveryFinished());
  }

  private SplitEnumerator<KafkaPartitionSplit, KafkaSourceEnumState> ending(
      SplitEnumerator<KafkaPartitionSplit, KafkaSourceEnumState> enumerator,
      SplitEnumeratorContext<KafkaPartitionSplit> context,
      boolean findsNone) {
    return getBoundedness() == Boundedness.BOUNDED
        ? new BoundedEnumerator(enumerator, context, findsNone)
        : enumerator;
  }

  @Override
  public SimpleVersionedSerializer<KafkaPartitionSplit> getSplitSerializer() {
    return source.getSplitSerializer();
  }

  @Override
  public SimpleVersionedSerializer<KafkaSourceEnumState> getEnumeratorCheckpointSerializer() {
    return source.getEnumeratorCheckpointSerializer();
  }

  @Override
  public TypeInformation<IncomingRecord> getProducedType() {
    return source.getProducedType();
  }

  @Override
  public LineageVertex getLineageVertex() {
    return source.getLineageVertex();
  }
}
