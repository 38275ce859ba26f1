package io.digflink.jobs.denoise;

import io.digflink.jobs.device.BatchKey;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.function.Predicate;

/**
 * Weighs fairness between models against opening sessions, where a device has no room for all of
 * them: images of models whose sessions are open take their steps, as if there were no others, and
 * every {@link #TURN} the image that has waited longest has its model opened, in the place of the
 * one that was used least recently.
 */
final class OpenModelsFirst {
  /** Opening a session takes some tenths of a second, a run some milliseconds. */
  static final Duration TURN = Duration.ofSeconds(1);

  private final Predicate<BatchKey> isOpen;
  private long lastTurn;

  /**
   * @param isOpen whether the bundle of a key has an open session
   */
  OpenModelsFirst(Predicate<BatchKey> isOpen) {
    this.isOpen = isOpen;
  }

  /**
   * The images that may take a step now, in the order given.
   *
   * @param images images with steps to take, the most urgent first
   * @param now in milliseconds
   */
  Collection<ImageInFlight> choose(Collection<ImageInFlight> images, long now) {
    List<ImageInFlight> open = new ArrayList<>();
    BatchKey waiting = null;
    for (ImageInFlight image : images) {
      BatchKey key = image.portion().key();
      if (isOpen.test(key)) {
        open.add(image);
      } else if (waiting == null) {
        waiting = key;
      }
    }
    if (waiting == null || !open.isEmpty() && now - lastTurn < TURN.toMillis()) {
      return open;
    }
    lastTurn = now;
    BatchKey turn = waiting;
    return images.stream().filter(image -> isOfOneBundle(image.portion().key(), turn)).toList();
  }

  private static boolean isOfOneBundle(BatchKey one, BatchKey other) {
    return one.model().equals(other.model()) && one.digest().equals(other.digest());
  }
}
