package io.digflink.jobs.admit;

import io.digflink.jobs.request.AdmittedRequest;
import io.digflink.jobs.request.Portion;
import io.digflink.jobs.request.QueueItem;
import java.util.function.Consumer;

/**
 * Cuts requests into portions for the subtasks of Denoise. A portion goes to the subtask that this
 * one has given the least work so far, so that a large request uses all of them and small ones are
 * spread evenly. Which subtask makes an image does not matter to its bytes.
 */
final class PortionCutter {
  /**
   * Small enough that subtasks have equal work, large enough that a portion is worth its record.
   */
  static final int MOST_IMAGES = 32;

  private final long[] assigned;

  /**
   * @param subtasks of Denoise
   * @param self number of this subtask of Admit, at which to begin, so that not all begin at one
   */
  PortionCutter(int subtasks, int self) {
    assigned = new long[subtasks];
    for (int i = 0; i < subtasks; i++) {
      assigned[(self + i) % subtasks] = i;
    }
  }

  /**
   * Cuts a request; its first portion takes the record along.
   *
   * @param bundleDigest digest of the bundle that it was admitted to
   */
  void cut(AdmittedRequest request, String bundleDigest, Consumer<QueueItem> out) {
    int images = request.images();
    int size = Math.max(1, Math.min(MOST_IMAGES, (images + assigned.length - 1) / assigned.length));
    for (int from = 0; from < images; from += size) {
      Portion portion = Portion.of(request, bundleDigest, from, Math.min(images, from + size));
      int target = leastAssigned();
      // A unit for the order among those that have the same work.
      assigned[target] += portion.cost() * portion.size() + 1;
      out.accept(
          from > 0
              ? QueueItem.of(target, portion)
              : QueueItem.first(
                  target, portion, request.original(), Digests.ofContent(request.request())));
    }
  }

  private int leastAssigned() {
    int least = 0;
    for (int i = 1; i < assigned.length; i++) {
      least = assigned[i] < assigned[least] ? i : least;
    }
    return least;
  }
}
