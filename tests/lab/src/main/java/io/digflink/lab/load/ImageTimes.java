package io.digflink.lab.load;

import io.digflink.schemas.GeneratedImage;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToLongFunction;

/** How long images took, before their request was admitted and afterwards. */
final class ImageTimes {
  private final List<Times> all = new ArrayList<>();

  private record Times(long completedAt, long beforeAdmission, long afterAdmission) {}

  /**
   * Takes an image.
   *
   * @param sentAt when its request was sent, in milliseconds since the epoch
   */
  synchronized void add(GeneratedImage image, long sentAt) {
    long completed = image.getCompletedAt().toEpochMilli();
    long after = image.getQueueMillis() + image.getDenoiseMillis() + image.getDecodeMillis();
    all.add(new Times(completed, Math.max(0, completed - after - sentAt), after));
  }

  /** Median of the time before admission of images completed in a window, in seconds. */
  double beforeAdmission(long from, long to) {
    return median(from, to, Times::beforeAdmission);
  }

  /** Median of the time after admission of images completed in a window, in seconds. */
  double afterAdmission(long from, long to) {
    return median(from, to, Times::afterAdmission);
  }

  private synchronized double median(long from, long to, ToLongFunction<Times> what) {
    long[] sorted =
        all.stream()
            .filter(times -> times.completedAt() >= from && times.completedAt() < to)
            .mapToLong(what)
            .sorted()
            .toArray();
    return sorted.length == 0 ? Double.NaN : sorted[sorted.length / 2] / 1e3;
  }
}
