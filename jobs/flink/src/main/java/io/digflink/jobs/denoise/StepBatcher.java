package io.digflink.jobs.denoise;

import io.digflink.jobs.device.FailureStreak;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Chooses the images that take the next step together: whoever has gone without a step for longest,
 * and after it all that fit into one run with it. Every image so gets its turn, whatever the mix.
 * An image whose run has failed goes alone, several times if need be: a device fails now and then.
 */
final class StepBatcher {
  private final int maxRows;
  private final Map<BatchKey, Integer> fewerRows = new HashMap<>();
  private final Map<ImageInFlight, Integer> suspects = new HashMap<>();

  StepBatcher(int maxRows) {
    this.maxRows = maxRows;
  }

  /**
   * Chooses a batch.
   *
   * @param images images with steps to take, the most urgent first
   * @return images of one key, none if there are none at all
   */
  List<ImageInFlight> choose(Collection<ImageInFlight> images) {
    List<ImageInFlight> chosen = new ArrayList<>();
    BatchKey key = null;
    int free = 0;
    for (ImageInFlight image : images) {
      if (suspects.containsKey(image)) {
        if (chosen.isEmpty()) {
          return List.of(image);
        }
        continue;
      }
      int rows = image.trajectory().rows();
      if (chosen.isEmpty()) {
        key = image.request().key();
        free = Math.max(rows, rowsOf(key));
      }
      if (rows <= free && image.request().key().equals(key)) {
        chosen.add(image);
        free -= rows;
      }
      if (free == 0) {
        break;
      }
    }
    return chosen;
  }

  /**
   * A run of these images failed: each takes its next step alone, so that it shows which one it is.
   *
   * @return whether to try again; else it is the only one, which has failed alone as often as may
   *     be
   */
  boolean isolate(List<ImageInFlight> images) {
    boolean again = false;
    for (ImageInFlight image : images) {
      again |= suspects.merge(image, 1, Integer::sum) <= FailureStreak.TRIES_ALONE;
    }
    return again;
  }

  /** These images have taken a step, or are gone: nothing speaks against them any more. */
  void clear(Collection<ImageInFlight> images) {
    images.forEach(suspects::remove);
  }

  /** Most rows of a run of this key; an image that needs more runs alone. */
  int rowsOf(BatchKey key) {
    return fewerRows.getOrDefault(key, maxRows);
  }

  /** Runs of this key had no memory for so many rows: from now on at most half as many. */
  void halve(BatchKey key, int rows) {
    fewerRows.put(key, Math.max(1, rows / 2));
  }
}
