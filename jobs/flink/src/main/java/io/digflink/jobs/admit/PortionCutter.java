package io.digflink.jobs.admit;

import io.digflink.jobs.request.AdmittedRequest;
import io.digflink.jobs.request.Portion;
import io.digflink.jobs.request.QueueItem;
import java.util.function.Consumer;

/**
 * Cuts requests into portions for the subtasks of Denoise. A portion goes to the place that this
 * subtask of Admit has given the least work so far, so that a large request uses all subtasks and
 * small ones are spread evenly. Which subtask makes an image does not matter to its bytes.
 */
final class PortionCutter {
  /**
   * Small enough that subtasks have equal work, large enough that a portion is worth its record.
   */
  static final int MOST_IMAGES = 32;

  private final int subtasks;
  private final int[] places;
  private final long[] assigned;

  /**
   * @param subtasks of Denoise, as far as is known: their number may be another
   * @param self number of this subtask of Admit, of which there are as many
   * @param maxParallelism of Denoise
   */
  PortionCutter(int subtasks, int self, int maxParallelism) {
    this.subtasks = subtasks;
    this.places = Places.of(subtasks, maxParallelism);
    this.assigned = new long[places.length];
    for (int i = 0; i < places.length; i++) {
      assigned[(self + i) % places.length] = i;
    }
  }

  /**
   * Cuts a request; its first portion takes the record along.
   *
   * @param bundleDigest digest of the bundle that it was admitted to
   */
  void cut(AdmittedRequest request, String bundleDigest, Consumer<QueueItem> out) {
    int images = request.images();
    int size = Math.max(1, Math.min(MOST_IMAGES, (images + subtasks - 1) / subtasks));
    for (int from = 0; from < images; from += size) {
      Portion portion = Portion.of(request, bundleDigest, from, Math.min(images, from + size));
      int least = leastAssigned();
      // A unit for the order among those that have the same work.
      assigned[least] += portion.cost() * portion.size() + 1;
      int place = places[least];
      out.accept(
          from > 0
              ? QueueItem.of(place, portion)
              : QueueItem.first(
                  place, portion, request.original(), Digests.ofContent(request.request())));
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
