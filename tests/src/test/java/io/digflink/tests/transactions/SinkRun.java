package io.digflink.tests.transactions;

import java.util.List;
import org.apache.flink.api.connector.sink2.Sink;
import org.apache.flink.api.connector.sink2.SupportsCommitter;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.streaming.api.connector.sink2.CommittableMessage;
import org.apache.flink.streaming.runtime.operators.sink.CommitterOperatorFactory;
import org.apache.flink.streaming.runtime.operators.sink.SinkWriterOperatorFactory;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.util.OneInputStreamOperatorTestHarness;
import org.apache.flink.util.IOUtils;

/**
 * One run of a sink's two operators, with a checkpoint and its notification apart.
 *
 * @param <T> what is written
 * @param <C> what is committed
 */
final class SinkRun<T, C> implements AutoCloseable {
  private final OneInputStreamOperatorTestHarness<CommittableMessage<C>, CommittableMessage<C>>
      committer;
  private final OneInputStreamOperatorTestHarness<T, CommittableMessage<C>> writer;
  private int handedOver;

  /**
   * The operators' states in a checkpoint.
   *
   * @param checkpoint its number
   */
  record State(long checkpoint, OperatorSubtaskState committer, OperatorSubtaskState writer) {}

  private SinkRun(Sink<T> sink, SupportsCommitter<C> committing) throws Exception {
    committer =
        new OneInputStreamOperatorTestHarness<>(
            new CommitterOperatorFactory<>(committing, false, true));
    writer = new OneInputStreamOperatorTestHarness<>(new SinkWriterOperatorFactory<>(sink));
  }

  /**
   * Starts a sink as Flink does, the committer first.
   *
   * @param state null for a new one
   */
  static <T, C, S extends Sink<T> & SupportsCommitter<C>> SinkRun<T, C> start(S sink, State state)
      throws Exception {
    SinkRun<T, C> run = new SinkRun<>(sink, sink);
    if (state != null) {
      run.committer.setRestoredCheckpointId(state.checkpoint());
      run.writer.setRestoredCheckpointId(state.checkpoint());
      run.committer.initializeState(state.committer());
      run.committer.open();
      run.writer.initializeState(state.writer());
      run.writer.open();
    } else {
      run.committer.open();
      run.writer.open();
    }
    return run;
  }

  void write(T record) throws Exception {
    writer.processElement(new StreamRecord<>(record));
  }

  /** A checkpoint, of which the committer does not hear yet. */
  State checkpoint(long number) throws Exception {
    writer.prepareSnapshotPreBarrier(number);
    OperatorSubtaskState ofWriter = writer.snapshot(number, number);
    List<CommittableMessage<C>> messages = writer.extractOutputValues();
    for (CommittableMessage<C> message : messages.subList(handedOver, messages.size())) {
      committer.processElement(new StreamRecord<>(message));
    }
    handedOver = messages.size();
    return new State(number, committer.snapshot(number, number), ofWriter);
  }

  /** The checkpoint is complete: the committer commits. */
  void complete(State state) throws Exception {
    writer.notifyOfCompletedCheckpoint(state.checkpoint());
    committer.notifyOfCompletedCheckpoint(state.checkpoint());
  }

  @Override
  public void close() {
    for (AutoCloseable harness : List.of(committer, writer)) {
      IOUtils.closeQuietly(harness);
    }
  }
}
