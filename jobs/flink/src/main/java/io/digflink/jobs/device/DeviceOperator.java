package io.digflink.jobs.device;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.Callable;
import org.apache.flink.api.common.operators.MailboxExecutor;
import org.apache.flink.runtime.checkpoint.CheckpointOptions;
import org.apache.flink.runtime.checkpoint.SavepointType;
import org.apache.flink.runtime.checkpoint.SnapshotType;
import org.apache.flink.runtime.state.CheckpointStreamFactory;
import org.apache.flink.runtime.state.StateSnapshotContext;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.BoundedOneInput;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.api.operators.OperatorSnapshotFutures;
import org.apache.flink.streaming.api.operators.StreamOperatorParameters;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;

/**
 * Holds elements and computes on them, run after run, on a device thread, while the task takes
 * further elements and checkpoint barriers.
 *
 * <pre>
 *   processElement ─ full? yield ─► accept ──► nextRun ──► device thread
 *                                                 ▲             │ mail
 *                                                 └── runEnded ◄┘ (emits what is finished)
 * </pre>
 *
 * <p>A subclass keeps what it holds in operator state. When a snapshot is taken the device thread
 * is at rest, so that nothing held changes meanwhile. After a stop-with-savepoint's snapshot
 * nothing is emitted or started any more. A watermark waits for the elements before it. A source
 * that is chained before it and heeds the {@link TaskGate} spares it the yielding.
 *
 * @param <I> what comes in
 * @param <O> what goes out
 */
public abstract class DeviceOperator<I, O> extends AbstractStreamOperator<O>
    implements OneInputStreamOperator<I, O>, BoundedOneInput {
  private static final long serialVersionUID = 1L;
  private static final long NOT_STOPPING = -1;

  private final transient MailboxExecutor mailbox;
  private final transient TaskGate gate = TaskGate.ofThisTask();
  private final transient Deque<HeldWatermark> heldWatermarks = new ArrayDeque<>();
  private transient DeviceThread device;
  private transient long accepted;
  private transient long stoppingCheckpoint = NOT_STOPPING;

  /** A watermark and how many elements came before it. */
  private record HeldWatermark(Watermark watermark, long elementsBefore) {}

  protected DeviceOperator(StreamOperatorParameters<O> parameters) {
    super(parameters);
    this.mailbox = parameters.getMailboxExecutor();
  }

  /** Whether no further element can be taken before a run ends. */
  protected abstract boolean isFull();

  /**
   * Takes an element.
   *
   * @param sequence number of the element, one more than the last one's
   */
  protected abstract void accept(I element, long sequence) throws Exception;

  /** Sequence number of the oldest element that is still held, {@link Long#MAX_VALUE} if none. */
  protected abstract long oldestSequence();

  /** The next thing to compute on the device thread, or null if there is nothing to do now. */
  protected abstract Callable<Void> nextRun() throws Exception;

  /** Emits what is finished. Called after a run, and after a restore before the first. */
  protected abstract void emitFinished() throws Exception;

  /** Frees what runs compute with; no run is under way. */
  protected abstract void closeDevice() throws Exception;

  /** The next sequence number, for elements restored from state. */
  protected final long nextSequence() {
    return accepted++;
  }

  @Override
  public void open() throws Exception {
    super.open();
    device =
        new DeviceThread(
            getRuntimeContext().getTaskInfo().getTaskNameWithSubtasks() + " device", mailbox);
    updateGate();
    // Restored elements go on as soon as the task runs; nothing may be emitted before.
    mailbox.execute(this::proceed, "First device run");
  }

  @Override
  public void processElement(StreamRecord<I> element) throws Exception {
    while (isFull()) {
      mailbox.yield();
    }
    accept(element.getValue(), nextSequence());
    startRun();
    updateGate();
  }

  private void updateGate() {
    gate.update(!isFull(), oldestSequence() == Long.MAX_VALUE);
  }

  private void proceed() throws Exception {
    if (mayStart()) {
      emitFinished();
      releaseWatermarks();
      startRun();
      updateGate();
    }
  }

  private boolean mayStart() {
    return !device.isBusy() && stoppingCheckpoint == NOT_STOPPING;
  }

  private void startRun() throws Exception {
    if (!mayStart()) {
      return;
    }
    Callable<Void> run = nextRun();
    if (run != null) {
      device.submit(run, result -> proceed());
    }
  }

  @Override
  public void processWatermark(Watermark mark) throws Exception {
    heldWatermarks.add(new HeldWatermark(mark, accepted));
    releaseWatermarks();
  }

  private void releaseWatermarks() throws Exception {
    long oldest = oldestSequence();
    while (!heldWatermarks.isEmpty() && heldWatermarks.peek().elementsBefore() <= oldest) {
      super.processWatermark(heldWatermarks.remove().watermark());
    }
  }

  @Override
  public void endInput() throws Exception {
    while (oldestSequence() != Long.MAX_VALUE) {
      mailbox.yield();
    }
  }

  @Override
  public OperatorSnapshotFutures snapshotState(
      long checkpointId,
      long timestamp,
      CheckpointOptions checkpointOptions,
      CheckpointStreamFactory factory)
      throws Exception {
    SnapshotType type = checkpointOptions.getCheckpointType();
    if (type instanceof SavepointType savepoint && savepoint.isSynchronous()) {
      stoppingCheckpoint = checkpointId;
    }
    return super.snapshotState(checkpointId, timestamp, checkpointOptions, factory);
  }

  @Override
  public final void snapshotState(StateSnapshotContext context) throws Exception {
    super.snapshotState(context);
    device.awaitIdle();
    snapshotHeld();
  }

  /** Puts everything held into operator state. */
  protected abstract void snapshotHeld() throws Exception;

  @Override
  public void notifyCheckpointAborted(long checkpointId) throws Exception {
    super.notifyCheckpointAborted(checkpointId);
    if (checkpointId == stoppingCheckpoint) {
      stoppingCheckpoint = NOT_STOPPING;
      proceed();
    }
  }

  @Override
  public void close() throws Exception {
    if (device != null) {
      device.close();
    }
    closeDevice();
    super.close();
  }
}
