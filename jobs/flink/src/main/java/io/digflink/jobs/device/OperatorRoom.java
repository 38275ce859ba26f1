package io.digflink.jobs.device;

import java.util.concurrent.CompletableFuture;

/**
 * Tells the source of a task whether the operator chained to it has room. A source that waits for
 * room keeps the next element to itself; otherwise the full operator would have to hold up the task
 * in the middle of that element, where the task cannot take checkpoint barriers.
 *
 * <p>Every task has one; all its methods are called on the task's thread.
 */
public final class OperatorRoom {
  private static final ThreadLocal<OperatorRoom> OF_THREAD =
      ThreadLocal.withInitial(OperatorRoom::new);

  private CompletableFuture<Void> available = CompletableFuture.completedFuture(null);
  private CompletableFuture<Void> empty = CompletableFuture.completedFuture(null);

  private OperatorRoom() {}

  /** The room of the task whose thread this is. */
  public static OperatorRoom ofThisTask() {
    return OF_THREAD.get();
  }

  /** Done while the operator takes elements; always done without an operator. */
  public CompletableFuture<Void> available() {
    return available;
  }

  /** Done while the operator holds nothing; always done without an operator. */
  public CompletableFuture<Void> empty() {
    return empty;
  }

  void update(boolean isAvailable, boolean isEmpty) {
    available = updated(available, isAvailable);
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
