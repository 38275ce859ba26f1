package io.digflink.jobs.denoise;

import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;

/**
 * Holds a first step back for a moment, so that others may come to take it together. Images that
 * are under way are never held back: who comes later joins them at any step.
 */
final class BatchWait {
  private final long millis;

  /**
   * @param longest wait; zero for none
   */
  BatchWait(Duration longest) {
    this.millis = longest.toMillis();
  }

  /**
   * When images that are chosen for a run have waited long enough; empty if they go now.
   *
   * @param limit most rows of the run
   * @param now in milliseconds since the epoch
   */
  OptionalLong until(List<ImageInFlight> images, int limit, long now) {
    int rows = 0;
    long oldest = now;
    for (ImageInFlight image : images) {
      if (image.trajectory().stepsDone() > 0) {
        return OptionalLong.empty();
      }
      rows += image.trajectory().rows();
      oldest = Math.min(oldest, image.startedAt());
    }
    boolean goesNow = rows >= limit || oldest + millis <= now;
    return goesNow ? OptionalLong.empty() : OptionalLong.of(oldest + millis);
  }
}
