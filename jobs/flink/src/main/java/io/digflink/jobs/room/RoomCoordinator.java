package io.digflink.jobs.room;

import java.util.concurrent.CompletableFuture;
import org.apache.flink.runtime.jobgraph.OperatorID;
import org.apache.flink.runtime.operators.coordination.OperatorCoordinator;
import org.apache.flink.runtime.operators.coordination.OperatorEvent;

/**
 * Carries the word of the stage that holds elements back to the one that sends them, against the
 * stream. Each of the two has one; they meet at the {@link RoomBoard}. It has no state of its own:
 * after a restart every subtask reports anew.
 */
final class RoomCoordinator implements OperatorCoordinator {
  private static final String BOARD = RoomBoard.class.getName();

  private final RoomBoard.Side side;
  private final Context context;
  private final RoomBoard board;

  RoomCoordinator(RoomBoard.Side side, Context context) {
    this.side = side;
    this.context = context;
    context.getCoordinatorStore().putIfAbsent(BOARD, new RoomBoard());
    this.board = (RoomBoard) context.getCoordinatorStore().get(BOARD);
  }

  /** Makes a coordinator in the JobManager. */
  record Provider(RoomBoard.Side side, OperatorID getOperatorId)
      implements OperatorCoordinator.Provider {
    @Override
    public OperatorCoordinator create(Context context) {
      return new RoomCoordinator(side, context);
    }
  }

  @Override
  public void executionAttemptReady(int subtask, int attempt, SubtaskGateway gateway) {
    board.ready(side, context.currentParallelism(), gateway);
  }

  @Override
  public void handleEventFromOperator(int subtask, int attempt, OperatorEvent event) {
    if (event instanceof RoomReport report) {
      board.reported(subtask, report);
    } else if (event instanceof InputEnd end) {
      board.ended(subtask, end);
    } else {
      throw new IllegalArgumentException("Expected a RoomReport or InputEnd, found " + event);
    }
  }

  @Override
  public void executionAttemptFailed(int subtask, int attempt, Throwable reason) {
    board.gone(side, subtask);
  }

  @Override
  public void subtaskReset(int subtask, long checkpointId) {
    board.gone(side, subtask);
  }

  @Override
  public void checkpointCoordinator(long checkpointId, CompletableFuture<byte[]> result) {
    result.complete(new byte[0]);
  }

  @Override
  public void resetToCheckpoint(long checkpointId, byte[] checkpointData) {
    // Nothing is kept.
  }

  @Override
  public void start() {
    // Subtasks report when they start.
  }

  @Override
  public void notifyCheckpointComplete(long checkpointId) {
    // Nothing waits for checkpoints.
  }

  @Override
  public void close() {
    // Nothing is held.
  }
}
