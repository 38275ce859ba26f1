package io.digflink.jobs.room;

import java.util.function.DoubleSupplier;
import org.apache.flink.runtime.jobgraph.OperatorID;
import org.apache.flink.runtime.operators.coordination.OperatorCoordinator;
import org.apache.flink.runtime.operators.coordination.OperatorEvent;
import org.apache.flink.runtime.operators.coordination.OperatorEventGateway;
import org.apache.flink.runtime.operators.coordination.OperatorEventHandler;
import org.apache.flink.streaming.api.operators.StreamOperatorParameters;
import org.apache.flink.streaming.runtime.tasks.ProcessingTimeService;

/**
 * For an operator that holds the elements that it gets through a shuffle: tells the sources when it
 * is full, and at the end of a bounded input when it is empty. All methods are called on the task's
 * thread.
 */
public final class HolderRoom implements OperatorEventHandler {
  /**
   * What waits matters to those who look every quarter of a minute, and every report is sent on.
   */
  private static final long TELL_WAITING_EVERY_MILLIS = 10_000;

  private final OperatorEventGateway coordinator;
  private final ProcessingTimeService clock;
  private RoomReport reported;
  private RoomReport latest = new RoomReport(true, true, 0, 0);
  private boolean isEnding;
  private long received;
  private long waitingToldAt = -TELL_WAITING_EVERY_MILLIS;

  /** Of an operator, in its constructor. */
  public HolderRoom(StreamOperatorParameters<?> parameters) {
    OperatorID id = parameters.getStreamConfig().getOperatorID();
    this.clock = parameters.getProcessingTimeService();
    this.coordinator = parameters.getOperatorEventDispatcher().getOperatorEventGateway(id);
    parameters.getOperatorEventDispatcher().registerEventHandler(id, this);
  }

  /** Makes the coordinator of the operator. */
  public static OperatorCoordinator.Provider coordinator(OperatorID operator) {
    return new RoomCoordinator.Provider(RoomBoard.Side.HOLDING, operator);
  }

  /** Elements that have ever come, for the operator's state. */
  public long received() {
    return received;
  }

  /** Goes on with the count of the operator's state. */
  public void restore(long receivedBefore) {
    received += receivedBefore;
  }

  /** An element has come. */
  public void countReceived() {
    received++;
  }

  /**
   * Takes the operator's word; what matters of it is reported.
   *
   * @param isAvailable whether it takes further elements
   * @param isEmpty whether it holds none
   * @param requestsWaiting requests that wait in it, of one in parts the share that waits; told at
   *     most every ten seconds, and when it is empty
   */
  public void update(boolean isAvailable, boolean isEmpty, DoubleSupplier requestsWaiting) {
    latest = new RoomReport(isAvailable, isEmpty, received, isEmpty ? 0 : toTell(requestsWaiting));
    report();
  }

  private double toTell(DoubleSupplier requestsWaiting) {
    long now = clock.getCurrentProcessingTime();
    if (now - waitingToldAt < TELL_WAITING_EVERY_MILLIS) {
      return latest.requestsWaiting();
    }
    double waiting = requestsWaiting.getAsDouble();
    if (waiting != latest.requestsWaiting()) {
      waitingToldAt = now;
    }
    return waiting;
  }

  private void report() {
    boolean isNews =
        reported == null
            || reported.isAvailable() != latest.isAvailable()
            || reported.requestsWaiting() != latest.requestsWaiting()
            || isEnding && !reported.equals(latest);
    if (isNews) {
      reported = latest;
      coordinator.sendEventToCoordinator(latest);
    }
  }

  @Override
  public void handleOperatorEvent(OperatorEvent event) {
    isEnding = ((RoomNews) event).isEnding();
    report();
  }
}
