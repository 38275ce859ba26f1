package io.digflink.jobs.kafka.commit;

import java.io.IOException;
import java.util.Collection;
import java.util.List;
import java.util.Properties;
import org.apache.flink.api.common.JobID;
import org.apache.flink.api.connector.sink2.Committer;
import org.apache.flink.api.connector.sink2.CommitterInitContext;
import org.apache.flink.api.connector.sink2.Sink;
import org.apache.flink.api.connector.sink2.SinkWriter;
import org.apache.flink.api.connector.sink2.StatefulSinkWriter;
import org.apache.flink.api.connector.sink2.SupportsCommitter;
import org.apache.flink.api.connector.sink2.SupportsWriterState;
import org.apache.flink.api.connector.sink2.WriterInitContext;
import org.apache.flink.connector.kafka.sink.KafkaSink;
import org.apache.flink.connector.kafka.sink.KafkaWriterState;
import org.apache.flink.core.io.SimpleVersionedSerializer;
import org.apache.flink.streaming.api.connector.sink2.CommittableMessage;
import org.apache.flink.streaming.api.connector.sink2.SupportsPostCommitTopology;
import org.apache.flink.streaming.api.datastream.DataStream;

/**
 * An exactly-once Kafka sink that writes the records of an aborted transaction again. Its state is
 * the connector's, with the offsets of what was written.
 *
 * @param <T> what is written
 */
public final class RewritingSink<T>
    implements Sink<T>,
        SupportsWriterState<T, KafkaWriterState>,
        SupportsCommitter<WrittenTransaction>,
        SupportsPostCommitTopology<WrittenTransaction> {
  /** Header that names the record that a record is a copy of, such as {@code dig.images-0@1234}. */
  public static final String COPY_OF = "dig-copy-of";

  private static final long serialVersionUID = 1L;

  private final KafkaSink<T> sink;
  private final Properties client;
  private final String transactionPrefix;
  private final String groupId;
  private final String claimedBy;

  /**
   * Wraps an exactly-once sink.
   *
   * @param client settings of any Kafka client, bootstrap.servers and transaction.timeout.ms among
   *     them
   * @param transactionPrefix start of the transactional ids of all the job's sinks; those with
   *     which records are written again go on with {@code -rewrite}
   * @param groupId the job's consumer group; those that mark what was written again go on with
   *     {@code -rewrite}, the one that a job claims for itself with {@code -job}
   */
  public RewritingSink(
      KafkaSink<T> sink, Properties client, String transactionPrefix, String groupId) {
    this(sink, client, transactionPrefix, groupId, null);
  }

  private RewritingSink(
      KafkaSink<T> sink,
      Properties client,
      String transactionPrefix,
      String groupId,
      String claimedBy) {
    this.claimedBy = claimedBy;
    this.sink = sink;
    this.client = client;
    this.transactionPrefix = transactionPrefix;
    this.groupId = groupId;
  }

  /**
   * This sink, which keeps other jobs from the same group for as long as it runs.
   *
   * @param topic any topic that the job may read
   */
  public RewritingSink<T> claimingTheGroup(String topic) {
    return new RewritingSink<>(sink, client, transactionPrefix, groupId, topic);
  }

  /**
   * Starts a writer.
   *
   * @throws IllegalStateException if another job has the group
   */
  @Override
  public SinkWriter<T> createWriter(WriterInitContext context) throws IOException {
    return restoreWriter(context, List.of());
  }

  /**
   * Starts a writer.
   *
   * @throws IllegalStateException if another job has the group: before this one aborts the
   *     transactions of the other
   */
  @Override
  public StatefulSinkWriter<T, KafkaWriterState> restoreWriter(
      WriterInitContext context, Collection<KafkaWriterState> state) {
    JobID job = context.getJobInfo().getJobId();
    JobClaim.check(client, claimedGroup(), job);
    WrittenOffsets offsets = new WrittenOffsets();
    var writer = sink.restoreWriter(new RecordingContext(context, offsets), state);
    boolean claims = claimedBy != null && context.getTaskInfo().getIndexOfThisSubtask() == 0;
    AutoCloseable claim = claims ? JobClaim.make(client, claimedGroup(), job, claimedBy) : () -> {};
    return new OffsetKeepingWriter<>(writer, offsets, claim);
  }

  @Override
  public SimpleVersionedSerializer<KafkaWriterState> getWriterStateSerializer() {
    return sink.getWriterStateSerializer();
  }

  private String claimedGroup() {
    return groupId + "-job";
  }

  /**
   * Starts a committer.
   *
   * @throws IllegalStateException if another job has the group
   */
  @Override
  public Committer<WrittenTransaction> createCommitter(CommitterInitContext context) {
    JobClaim.check(client, claimedGroup(), context.getJobInfo().getJobId());
    return new RewritingCommitter(
        sink.createCommitter(context),
        new AbortedTransactions(
            client,
            transactionPrefix + "-rewrite",
            groupId + "-rewrite",
            new OpenTransactions(client, transactionPrefix)),
        context.metricGroup());
  }

  @Override
  public SimpleVersionedSerializer<WrittenTransaction> getCommittableSerializer() {
    return new WrittenTransactionSerializer(sink.getCommittableSerializer());
  }

  /** The connector keeps writer and committer in one place, whatever they hand over. */
  @Override
  @SuppressWarnings({"unchecked", "rawtypes"}) // It looks at the transformations alone.
  public void addPostCommitTopology(DataStream<CommittableMessage<WrittenTransaction>> committer) {
    sink.addPostCommitTopology((DataStream) committer);
  }
}
