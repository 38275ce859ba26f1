package io.digflink.jobs.device;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import org.apache.flink.api.common.operators.MailboxExecutor;
import org.apache.flink.runtime.checkpoint.CheckpointOptions;
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
 * Holds elements and works on them in runs, one after the other, on a device thread, while the task
 * takes further elements and checkpoint barriers.
 *
 * <pre>
 *   processElement ─ full? yield ─► accept ──► nextRun ────► device thread
 *                                                 ▲                │ mail
 *                                                 └ emitLeaving ◄─ takeIn
 * </pre>
 *
 * <p>A subclass keeps what it holds in operator state. A snapshot does not wait for the run under
 * way, only for images that are just being moved by its results: what it computes is no part of the
 * snapshot, and is computed again after a restore. After the snapshot of a stop-with-savepoint
 * nothing is emitted or started any more, unless that savepoint is aborted. A watermark waits for
 * the elements before it. While it yields, it takes no barrier of a checkpoint.
 *
 * @param <I> what comes in
 * @param <O> what goes out
 * @param <R> a run
 */
public abstract class DeviceRunOperator<I, O, R extends DeviceRun<?>>
    extends AbstractStreamOperator<O> implements OneInputStreamOperator<I, O>, BoundedOneInput {
  private static final long serialVersionUID = 1L;

  private final transient MailboxExecutor mailbox;
  private final Duration longestRun;
  private final transient SavepointStop stop = new SavepointStop();
  private final transient Deque<HeldWatermark> heldWatermarks = new ArrayDeque<>();
  private transient DeviceRunExecutor device;
  private transient R ended;
  private transient long accepted;

  /** A watermark and how many elements came before it. */
  private record HeldWatermark(Watermark watermark, long elementsBefore) {}

  /**
   * Of a task.
   *
   * @param longestRun after which a run is taken to hang, and the process ends
   */
  protected DeviceRunOperator(StreamOperatorParameters<O> parameters, Duration longestRun) {
    super(parameters);
    this.longestRun = longestRun;
    this.mailbox = parameters.getMailboxExecutor();
  }

  /** Whether no further element can be taken before a run ends. */
  protected abstract boolean isFull();

  /**
   * Takes an element.
   *
   * @param sequence number of the element, one more than that of the element before it
   */
  protected abstract void accept(I element, long sequence) throws Exception;

  /** Sequence number of the oldest element still held, {@link Long#MAX_VALUE} if there is none. */
  protected abstract long oldestSequence();

  /** The next run, or null if there is nothing to do now. */
  protected abstract R nextRun() throws Exception;

  /** Takes in the results of a run that has ended, or its failure. */
  protected abstract void takeIn(R run) throws Exception;

  /** Emits everything that is due to leave. Called after each run, and once before the first. */
  protected abstract void emitLeaving() throws Exception;

  /** Puts everything held into operator state. */
  protected abstract void snapshotHeld() throws Exception;

  /** Frees what runs use; no run is under way. */
  protected abstract void closeDevice() throws Exception;

  /** The next sequence number, for elements restored from state. */
  protected final long nextSequence() {
    return accepted++;
  }

  @Override
  public void open() throws Exception {
    super.open();
    device =
        new DeviceRunExecutor(
            getRuntimeContext().getTaskInfo().getTaskNameWithSubtasks() + " device",
            mailbox,
            longestRun,
            LostDevice::endProcess);
    BusyDevice.watch(
        getContainingTask()
            .getEnvironment()
            .getMetricGroup()
            .getIOMetricGroup()
            .getIdleTimeMsPerSecond(),
        device::isBusy);
    heldChanged();
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
    heldChanged();
  }

  /** Called after each change of what is held. */
  protected void heldChanged() {
    // For subclasses that tell others.
  }

  /**
   * Looks for a run again at a later time.
   *
   * @param time in milliseconds since the epoch
   */
  protected final void proceedAt(long time) {
    getProcessingTimeService().registerTimer(time, at -> proceed());
  }

  private void proceed() throws Exception {
    if (!mayStart()) {
      return;
    }
    if (ended != null) {
      R run = ended;
      ended = null;
      takeIn(run);
    }
    emitLeaving();
    releaseWatermarks();
    startRun();
    heldChanged();
  }

  private boolean mayStart() {
    return !device.isBusy() && !stop.isStopping();
  }

  private void startRun() throws Exception {
    if (!mayStart()) {
      return;
    }
    R run = nextRun();
    if (run != null) {
      device.start(
          run,
          () -> {
            ended = run;
            proceed();
          });
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
    stop.onSnapshot(checkpointId, checkpointOptions);
    return super.snapshotState(checkpointId, timestamp, checkpointOptions, factory);
  }

  @Override
  public final void snapshotState(StateSnapshotContext context) throws Exception {
    super.snapshotState(context);
    device.snapshot(this::snapshotHeld);
  }

  @Override
  public void notifyCheckpointAborted(long checkpointId) throws Exception {
    super.notifyCheckpointAborted(checkpointId);
    if (stop.onAbort(checkpointId)) {
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
