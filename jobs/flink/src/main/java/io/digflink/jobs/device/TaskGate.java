package io.digflink.jobs.device;

import java.util.concurrent.CompletableFuture;

/**
 * Tells the source of a task how the device operator chained to it stands, so that a full operator
 * leaves its next element in the source instead of holding it in its hands: between elements a task
 * takes checkpoint barriers, in the middle of one it cannot. Every task has one; all its methods
 * are called on the task's thread.
 */
public final class TaskGate {
  private static final ThreadLocal<TaskGate> OF_THREAD = ThreadLocal.withInitial(TaskGate::new);

  private CompletableFuture<Void> open = CompletableFuture.completedFuture(null);
  private CompletableFuture<Void> empty = CompletableFuture.completedFuture(null);

  private TaskGate() {}

  /** The gate of the task whose thread this is. */
  public static TaskGate ofThisTask() {
    return OF_THREAD.get();
  }

  /** Done when the operator takes elements. Without an operator it always is. */
  public CompletableFuture<Void> open() {
    return open;
  }

  /** Done when the operator holds nothing. Without an operator it always is. */
  public CompletableFuture<Void> empty() {
    return empty;
  }

  void update(boolean isOpen, boolean isEmpty) {
    open = updated(open, isOpen);
    empty = updated(empty, isEmpty);
  }

  private static CompletableFuture<Void> updated(CompletableFuture<Void> future, boolean isDone) {
    if (isDone) {
      future.complete(null);
      return future;
    }
    return future.isDone() ? new CompletableFuture<>() : future;
  }
}
