package io.digflink.jobs.denoise;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Queue;
import java.util.function.Function;

/**
 * Images of requests with deadlines share their turns to step with those of the same tenant and
 * priority. All others keep theirs, so what requests are worth to each other does not change.
 *
 * <p>The turns go to the largest number of images that can all be in time, the one with the least
 * slack first, and what is left of them to the others. Which can is told as for one machine: in the
 * order of deadlines, where one is missed, the image with the most work left stands back (Moore, An
 * n job, one machine sequencing algorithm for minimizing the number of late jobs, Management
 * Science 15, 1968). Nothing is given up here: what stands back goes on if there is time after all.
 */
final class SharedTurns {
  private SharedTurns() {}

  /**
   * What an image of a request with a deadline needs, in milliseconds.
   *
   * @param left time that is left
   * @param work time that its steps take of the device, if runs are full
   * @param slack time that is left less that of its steps
   */
  record Due(ImageInFlight image, long left, double work, long slack) {}

  private record Sharing(String tenant, int priority) {
    static Sharing of(ImageInFlight image) {
      PortionInFlight portion = image.portion();
      return new Sharing(portion.portion().tenant(), portion.portion().request().getPriority());
    }
  }

  /**
   * A line of images, in which those that share turns have changed places.
   *
   * @param due asked of images whose request has a deadline
   */
  static List<ImageInFlight> order(
      Collection<ImageInFlight> line, Function<ImageInFlight, Due> due) {
    Map<Sharing, List<Due>> groups = new LinkedHashMap<>();
    for (ImageInFlight image : line) {
      if (hasDeadline(image)) {
        groups.computeIfAbsent(Sharing.of(image), s -> new ArrayList<>()).add(due.apply(image));
      }
    }
    Map<Sharing, Queue<ImageInFlight>> ordered = new HashMap<>();
    groups.forEach(
        (sharing, group) ->
            ordered.put(sharing, ordered(group, group.size() / (double) line.size())));
    List<ImageInFlight> shared = new ArrayList<>();
    for (ImageInFlight image : line) {
      shared.add(hasDeadline(image) ? ordered.get(Sharing.of(image)).remove() : image);
    }
    return shared;
  }

  /**
   * Those that can be in time, then the others.
   *
   * @param share of the device that they have
   */
  private static Queue<ImageInFlight> ordered(List<Due> group, double share) {
    PriorityQueue<Due> inTime = new PriorityQueue<>(Comparator.comparing(Due::work).reversed());
    List<Due> standingBack = new ArrayList<>();
    double until = 0;
    group.sort(Comparator.comparing(Due::left));
    for (Due next : group) {
      inTime.add(next);
      until += next.work() / share;
      if (until > next.left()) {
        Due most = inTime.remove();
        until -= most.work() / share;
        standingBack.add(most);
      }
    }
    Queue<ImageInFlight> ordered = new ArrayDeque<>();
    for (Collection<Due> part : List.of(inTime, standingBack)) {
      part.stream()
          .sorted(Comparator.comparing(Due::slack))
          .forEach(next -> ordered.add(next.image()));
    }
    return ordered;
  }

  private static boolean hasDeadline(ImageInFlight image) {
    return image.portion().portion().request().getDeadline() != null;
  }
}
