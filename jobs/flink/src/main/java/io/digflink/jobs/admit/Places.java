package io.digflink.jobs.admit;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.flink.runtime.state.KeyGroupRangeAssignment;

/**
 * Keys that spread evenly over the subtasks of a keyed stream. Flink gives a subtask a range of key
 * groups; keys that follow each other go to one subtask after the other, and if there are more of
 * them than was expected, to different parts of each range, in the order of van der Corput.
 */
final class Places {
  private static final int MOST_OF_SUBTASK = 64;

  private Places() {}

  /**
   * The keys.
   *
   * @param subtasks of the stage behind the shuffle, as far as is known
   * @param maxParallelism of that stage: the number of its key groups
   */
  static int[] of(int subtasks, int maxParallelism) {
    List<List<Integer>> groups = new ArrayList<>();
    for (int i = 0; i < subtasks; i++) {
      groups.add(new ArrayList<>());
    }
    for (int group : spread(maxParallelism)) {
      groups
          .get(
              KeyGroupRangeAssignment.computeOperatorIndexForKeyGroup(
                  maxParallelism, subtasks, group))
          .add(group);
    }
    int each = groups.stream().mapToInt(List::size).min().orElseThrow();
    Map<Integer, Integer> keys = keysOf(maxParallelism);
    int[] places = new int[subtasks * Math.min(each, MOST_OF_SUBTASK)];
    for (int i = 0; i < places.length; i++) {
      places[i] = keys.get(groups.get(i % subtasks).get(i / subtasks));
    }
    return places;
  }

  /** The numbers below a count, in the order of van der Corput: any few are far from each other. */
  private static Set<Integer> spread(int count) {
    int bits = Integer.SIZE - Integer.numberOfLeadingZeros(count - 1);
    Set<Integer> spread = new LinkedHashSet<>();
    for (int i = 0; i < 1 << bits; i++) {
      long reversed = Integer.toUnsignedLong(Integer.reverse(i)) >> (Integer.SIZE - bits);
      spread.add((int) (reversed * count >> bits));
    }
    return spread;
  }

  /** A key of every key group. */
  private static Map<Integer, Integer> keysOf(int maxParallelism) {
    Map<Integer, Integer> keys = new HashMap<>();
    for (int key = 0; keys.size() < maxParallelism; key++) {
      keys.putIfAbsent(KeyGroupRangeAssignment.assignToKeyGroup(key, maxParallelism), key);
    }
    return keys;
  }
}
