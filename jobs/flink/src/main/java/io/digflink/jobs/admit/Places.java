package io.digflink.jobs.admit;

import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.flink.runtime.state.KeyGroupRangeAssignment;

/**
 * Keys that spread evenly over the subtasks of a keyed stream, however many there are: any few of
 * them that follow each other go to different subtasks. Flink gives a subtask a range of key
 * groups, and the keys' groups follow each other as the numbers of van der Corput do.
 */
final class Places {
  private static final int MOST = 256;

  private Places() {}

  /**
   * The keys.
   *
   * @param maxParallelism of the stage behind the shuffle: the number of its key groups
   */
  static int[] of(int maxParallelism) {
    int bits = Integer.SIZE - Integer.numberOfLeadingZeros(maxParallelism - 1);
    Map<Integer, Integer> keys = new LinkedHashMap<>();
    for (int i = 0; i < 1 << bits; i++) {
      long reversed = bits == 0 ? 0 : Integer.reverse(i) >>> (Integer.SIZE - bits);
      keys.putIfAbsent((int) (reversed * maxParallelism >> bits), null);
    }
    int found = 0;
    for (int key = 0; found < keys.size(); key++) {
      int group = KeyGroupRangeAssignment.assignToKeyGroup(key, maxParallelism);
      if (keys.get(group) == null) {
        keys.put(group, key);
        found++;
      }
    }
    return keys.values().stream().limit(MOST).mapToInt(Integer::intValue).toArray();
  }
}
