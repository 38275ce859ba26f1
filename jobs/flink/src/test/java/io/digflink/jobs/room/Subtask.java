package io.digflink.jobs.room;

import java.util.concurrent.CompletableFuture;
import org.apache.flink.runtime.executiongraph.ExecutionAttemptID;
import org.apache.flink.runtime.messages.Acknowledge;
import org.apache.flink.runtime.operators.coordination.OperatorCoordinator.SubtaskGateway;
import org.apache.flink.runtime.operators.coordination.OperatorEvent;
import org.apache.flink.runtime.operators.coordination.OperatorEventHandler;

/** A subtask that gets its events at once. */
record Subtask(int getSubtask, OperatorEventHandler operator) implements SubtaskGateway {
  @Override
  public CompletableFuture<Acknowledge> sendEvent(OperatorEvent event) {
    operator.handleOperatorEvent(event);
    return CompletableFuture.completedFuture(Acknowledge.get());
  }

  @Override
  public ExecutionAttemptID getExecution() {
    return ExecutionAttemptID.randomId();
  }
}
