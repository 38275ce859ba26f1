package io.digflink.jobs.room;

import org.apache.flink.runtime.jobgraph.OperatorID;
import org.apache.flink.runtime.operators.coordination.OperatorCoordinator;
import org.apache.flink.runtime.operators.coordination.OperatorEvent;
import org.apache.flink.runtime.operators.coordination.OperatorEventGateway;
import org.apache.flink.runtime.operators.coordination.OperatorEventHandler;
import org.apache.flink.streaming.api.operators.StreamOperatorParameters;

/**
 * For an operator that holds the elements that it gets through a shuffle: tells the sources when it
 * is full, and at the end of a bounded input when it is empty. All methods are called on the task's
 * thread.
 */
public final class HolderRoom implements OperatorEventHandler {
  private final OperatorEventGateway coordinator;
  private RoomReport reported;
  private RoomReport latest = new RoomReport(true, true, 0);
  private boolean isEnding;
  private long received;

  /** Of an operator, in its constructor. */
  public HolderRoom(StreamOperatorParameters<?> parameters) {
    OperatorID id = parameters.getStreamConfig().getOperatorID();
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
   */
  public void update(boolean isAvailable, boolean isEmpty) {
    latest = new RoomReport(isAvailable, isEmpty, received);
    report();
  }

  private void report() {
    boolean isNews =
        reported == null
            || reported.isAvailable() != latest.isAvailable()
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
