package io.digflink.jobs.room;

import java.util.IdentityHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/**
 * Tells the source of a task whether the operators chained to it have room. A source that waits for
 * room keeps the next element to itself; otherwise the full operator would have to hold up the task
 * in the middle of that element, where the task cannot take checkpoint barriers.
 *
 * <p>There is room if every operator has some, and it is empty if every one of them is.
 *
 * <p>Every task has one; all its methods are called on the task's thread.
 */
public final class OperatorRoom {
  private static final ThreadLocal<OperatorRoom> OF_THREAD =
      ThreadLocal.withInitial(OperatorRoom::new);

  private final Map<Object, Boolean> availableByOperator = new IdentityHashMap<>();
  private final Map<Object, Boolean> emptyByOperator = new IdentityHashMap<>();
  private CompletableFuture<Void> available = CompletableFuture.completedFuture(null);
  private CompletableFuture<Void> empty = CompletableFuture.completedFuture(null);

  private Runnable inputEnd = () -> {};

  private OperatorRoom() {}

  /** The room of the task whose thread this is. */
  public static OperatorRoom ofThisTask() {
    return OF_THREAD.get();
  }

  /** Done while the operators take elements; always done without an operator. */
  public CompletableFuture<Void> available() {
    return available;
  }

  /** Done while the operators hold nothing; always done without an operator. */
  public CompletableFuture<Void> empty() {
    return empty;
  }

  /**
   * Takes an operator's word.
   *
   * @param isAvailable whether it takes elements
   * @param isEmpty whether it holds none
   */
  public void update(Object operator, boolean isAvailable, boolean isEmpty) {
    availableByOperator.put(operator, isAvailable);
    emptyByOperator.put(operator, isEmpty);
    update();
  }

  /** Calls an operator when the source has reached its end, which it tells the task only later. */
  public void onInputEnd(Runnable listener) {
    inputEnd = listener;
  }

  /** The source has reached its end, and waits for the operators to be empty. */
  public void inputEnds() {
    inputEnd.run();
  }

  /** Forgets an operator that is closed. */
  public void leave(Object operator) {
    availableByOperator.remove(operator);
    emptyByOperator.remove(operator);
    update();
  }

  private void update() {
    available = updated(available, !availableByOperator.containsValue(false));
    empty = updated(empty, !emptyByOperator.containsValue(false));
  }

  private static CompletableFuture<Void> updated(CompletableFuture<Void> future, boolean isDone) {
    if (isDone) {
      future.complete(null);
      return future;
    }
    return future.isDone() ? new CompletableFuture<>() : future;
  }
}
