package io.digflink.jobs.room;

import io.digflink.jobs.room.RoomBoard.Side;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.runtime.jobgraph.OperatorID;
import org.apache.flink.runtime.operators.coordination.OperatorEvent;
import org.apache.flink.runtime.operators.coordination.OperatorEventDispatcher;
import org.apache.flink.runtime.operators.coordination.OperatorEventGateway;
import org.apache.flink.runtime.operators.coordination.OperatorEventHandler;
import org.apache.flink.streaming.api.operators.AbstractStreamOperatorFactory;
import org.apache.flink.streaming.api.operators.OneInputStreamOperatorFactory;
import org.apache.flink.streaming.api.operators.StreamOperator;
import org.apache.flink.streaming.api.operators.StreamOperatorParameters;

/**
 * The real board, without a JobManager: the operator of a test harness is the only subtask on its
 * side of the shuffle, and the test speaks for the only one on the other. Flink's harness drops the
 * events of operators.
 */
public final class LocalRoom {
  private final RoomBoard board = new RoomBoard();
  private final Side side;
  private final List<OperatorEvent> reported = new ArrayList<>();

  private LocalRoom(Side side) {
    this.side = side;
  }

  /** For an operator that sends through a shuffle. */
  public static LocalRoom ofSender() {
    return new LocalRoom(Side.SENDING);
  }

  /** For an operator that holds what comes through a shuffle. */
  public static LocalRoom ofHolder() {
    return new LocalRoom(Side.HOLDING);
  }

  /** The factory of an operator that meets the board. */
  public <I, O> OneInputStreamOperatorFactory<I, O> with(
      OneInputStreamOperatorFactory<I, O> factory) {
    return new Factory<>(this, factory);
  }

  /** What the operator has reported, in words. */
  public List<String> reported() {
    return reported.stream().map(Object::toString).toList();
  }

  /** The subtask that holds elements, which is not the operator, reports. */
  public void holds(boolean isAvailable, boolean isEmpty, long received) {
    board.reported(0, new RoomReport(isAvailable, isEmpty, received, 0));
  }

  /** The subtask that sends elements, which is not the operator, has seen the end of its input. */
  public void senderEnds(long sent) {
    board.ended(0, new InputEnd(sent));
  }

  private void fromOperator(OperatorEvent event) {
    reported.add(event);
    if (event instanceof RoomReport report) {
      board.reported(0, report);
    } else {
      board.ended(0, (InputEnd) event);
    }
  }

  private void ready(OperatorEventHandler operator) {
    Side other = side == Side.SENDING ? Side.HOLDING : Side.SENDING;
    board.ready(other, 1, new Subtask(0, event -> {}));
    board.ready(side, 1, new Subtask(0, operator));
  }

  private final class Dispatcher implements OperatorEventDispatcher {
    private OperatorEventHandler operator;

    @Override
    public void registerEventHandler(OperatorID id, OperatorEventHandler handler) {
      operator = handler;
    }

    @Override
    public OperatorEventGateway getOperatorEventGateway(OperatorID id) {
      return LocalRoom.this::fromOperator;
    }
  }

  private static final class Factory<I, O> extends AbstractStreamOperatorFactory<O>
      implements OneInputStreamOperatorFactory<I, O> {
    private static final long serialVersionUID = 1L;

    private final transient LocalRoom room;
    private final OneInputStreamOperatorFactory<I, O> factory;

    Factory(LocalRoom room, OneInputStreamOperatorFactory<I, O> factory) {
      this.room = room;
      this.factory = factory;
    }

    @Override
    public <T extends StreamOperator<O>> T createStreamOperator(
        StreamOperatorParameters<O> parameters) {
      Dispatcher dispatcher = room.new Dispatcher();
      T operator =
          factory.createStreamOperator(
              new StreamOperatorParameters<>(
                  parameters.getContainingTask(),
                  parameters.getStreamConfig(),
                  parameters.getOutput(),
                  parameters::getProcessingTimeService,
                  dispatcher,
                  parameters.getMailboxExecutor()));
      room.ready(dispatcher.operator);
      return operator;
    }

    @Override
    @SuppressWarnings("rawtypes") // as Flink has it
    public Class<? extends StreamOperator> getStreamOperatorClass(ClassLoader classLoader) {
      return factory.getStreamOperatorClass(classLoader);
    }
  }
}
