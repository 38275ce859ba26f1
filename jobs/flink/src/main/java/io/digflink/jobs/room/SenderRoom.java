package io.digflink.jobs.room;

import org.apache.flink.runtime.jobgraph.OperatorID;
import org.apache.flink.runtime.operators.coordination.OperatorCoordinator;
import org.apache.flink.runtime.operators.coordination.OperatorEvent;
import org.apache.flink.runtime.operators.coordination.OperatorEventGateway;
import org.apache.flink.runtime.operators.coordination.OperatorEventHandler;
import org.apache.flink.streaming.api.operators.StreamOperatorParameters;

/**
 * For an operator that is chained to a source and sends through a shuffle: holds the source back
 * while the stage behind the shuffle is full, and lets a bounded source end once that stage has
 * drained. All methods but {@link #requestsWaiting} are called on the task's thread.
 */
public final class SenderRoom implements OperatorEventHandler {
  private final OperatorRoom room = OperatorRoom.ofThisTask();
  private final Object operator;
  private final OperatorEventGateway coordinator;
  private volatile RoomNews news = new RoomNews(true, false, false, 0);
  private boolean isHoldingNothing = true;
  private boolean isEnding;
  private long sent;

  /** Of an operator, in its constructor. */
  public SenderRoom(Object operator, StreamOperatorParameters<?> parameters) {
    this.operator = operator;
    OperatorID id = parameters.getStreamConfig().getOperatorID();
    this.coordinator = parameters.getOperatorEventDispatcher().getOperatorEventGateway(id);
    parameters.getOperatorEventDispatcher().registerEventHandler(id, this);
    room.onInputEnd(this::inputEnds);
  }

  /** Makes the coordinator of the operator. */
  public static OperatorCoordinator.Provider coordinator(OperatorID operator) {
    return new RoomCoordinator.Provider(RoomBoard.Side.SENDING, operator);
  }

  /** Elements that have ever been sent, for the operator's state. */
  public long sent() {
    return sent;
  }

  /** Goes on with the count of the operator's state. */
  public void restore(long sentBefore) {
    sent += sentBefore;
  }

  /**
   * Requests that wait behind the shuffle, this subtask's equal part of them; of one in parts, the
   * share that waits. From any thread.
   */
  public double requestsWaiting() {
    return news.requestsWaiting();
  }

  /** The operator has sent an element. */
  public void countSent() {
    sent++;
  }

  /** Whether the operator itself holds nothing that waits to be sent. */
  public void update(boolean holdsNothing) {
    isHoldingNothing = holdsNothing;
    reportEnd();
    tellSource();
  }

  private void inputEnds() {
    isEnding = true;
    reportEnd();
    tellSource();
  }

  private void reportEnd() {
    if (isEnding && isHoldingNothing) {
      coordinator.sendEventToCoordinator(new InputEnd(sent));
    }
  }

  @Override
  public void handleOperatorEvent(OperatorEvent event) {
    news = (RoomNews) event;
    tellSource();
  }

  private void tellSource() {
    room.update(
        operator, isHoldingNothing && news.isAvailable(), isHoldingNothing && news.isDrained());
  }

  /** The operator is closed. */
  public void leave() {
    room.leave(operator);
  }
}
