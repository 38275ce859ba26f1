package io.digflink.cli.gallery;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.digflink.schemas.GeneratedImage;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.ToLongFunction;

/** Rates and waiting times of the last images. Not thread-safe. */
final class Figures {
  private static final int LAST = 2_000;
  private static final long WINDOW_MILLIS = 60_000;
  private static final double MEDIAN = 0.5;
  private static final double MOST = 0.95;

  private record Times(long completedAt, long queue, long denoise, long decode) {}

  private final Deque<Times> last = new ArrayDeque<>();
  private long images;
  private long newest;

  void add(GeneratedImage image) {
    images++;
    newest = Math.max(newest, image.getCompletedAt().toEpochMilli());
    last.add(
        new Times(
            image.getCompletedAt().toEpochMilli(),
            image.getQueueMillis(),
            image.getDenoiseMillis(),
            image.getDecodeMillis()));
    if (last.size() > LAST) {
      last.remove();
    }
  }

  /**
   * Images per second, by when they were made: they become visible in bursts, one per checkpoint.
   * None where none came for a minute.
   */
  double rate(long now) {
    if (now - newest > WINDOW_MILLIS) {
      return 0;
    }
    long from = newest - WINDOW_MILLIS;
    long oldest = newest;
    int count = 0;
    for (Times times : last) {
      if (times.completedAt > from) {
        oldest = Math.min(oldest, times.completedAt);
        count++;
      }
    }
    return count < 2 ? 0 : (count - 1) * 1e3 / Math.max(1, newest - oldest);
  }

  void write(ObjectNode out, long now) {
    out.put("images", images).put("rate", rate(now));
    if (!last.isEmpty()) {
      out.put("wait50", quantile(Times::queue, MEDIAN)).put("wait95", quantile(Times::queue, MOST));
      out.put("denoise50", quantile(Times::denoise, MEDIAN));
      out.put("decode50", quantile(Times::decode, MEDIAN));
    }
  }

  private long quantile(ToLongFunction<Times> what, double quantile) {
    long[] sorted = last.stream().mapToLong(what).sorted().toArray();
    return sorted[(int) Math.min(sorted.length - 1, Math.floor(quantile * sorted.length))];
  }
}
