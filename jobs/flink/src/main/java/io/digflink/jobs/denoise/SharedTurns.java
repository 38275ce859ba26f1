package io.digflink.jobs.denoise;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.function.ToLongFunction;

/**
 * Images of requests with deadlines share their turns to step with those of the same tenant and
 * priority: the one with the least slack has the first of them. All others keep theirs, so what
 * requests are worth to each other does not change.
 */
final class SharedTurns {
  private SharedTurns() {}

  private record Sharing(String tenant, int priority) {
    static Sharing of(ImageInFlight image) {
      PortionInFlight portion = image.portion();
      return new Sharing(portion.portion().tenant(), portion.portion().request().getPriority());
    }
  }

  /**
   * A line of images, in which those that share turns have changed places.
   *
   * @param slack slack of an image whose request has a deadline, in milliseconds
   */
  static List<ImageInFlight> bySlack(
      Collection<ImageInFlight> line, ToLongFunction<ImageInFlight> slack) {
    Map<ImageInFlight, Long> slacks = new HashMap<>();
    for (ImageInFlight image : line) {
      if (hasDeadline(image)) {
        slacks.put(image, slack.applyAsLong(image));
      }
    }
    Map<Sharing, Queue<ImageInFlight>> urgent = new HashMap<>();
    line.stream()
        .filter(SharedTurns::hasDeadline)
        .sorted(Comparator.comparing(slacks::get))
        .forEach(
            image -> urgent.computeIfAbsent(Sharing.of(image), s -> new ArrayDeque<>()).add(image));
    List<ImageInFlight> shared = new ArrayList<>();
    for (ImageInFlight image : line) {
      shared.add(hasDeadline(image) ? urgent.get(Sharing.of(image)).remove() : image);
    }
    return shared;
  }

  private static boolean hasDeadline(ImageInFlight image) {
    return image.portion().portion().request().getDeadline() != null;
  }
}
