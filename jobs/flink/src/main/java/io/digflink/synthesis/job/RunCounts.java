package io.digflink.synthesis.job;

import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What one run of the job has done so far, from its accumulators.
 *
 * @param images images added
 * @param imageBytes size of their files
 * @param failures images and requests that failed
 * @param labels images added by label; −1 for unconditional ones
 */
public record RunCounts(
    long images, long imageBytes, long failures, SortedMap<Integer, Long> labels) {

  /** Reads the accumulators. */
  public static RunCounts of(Map<String, Object> accumulators) {
    SortedMap<Integer, Long> labels = new TreeMap<>();
    accumulators.forEach(
        (name, value) -> {
          if (name.startsWith(ShardCollector.LABEL)) {
            labels.put(
                Integer.valueOf(name.substring(ShardCollector.LABEL.length())), (Long) value);
          }
        });
    return new RunCounts(
        number(accumulators, ShardCollector.IMAGES),
        number(accumulators, ShardCollector.BYTES),
        number(accumulators, ShardCollector.FAILURES),
        labels);
  }

  private static long number(Map<String, Object> accumulators, String name) {
    return accumulators.get(name) instanceof Long number ? number : 0;
  }
}
