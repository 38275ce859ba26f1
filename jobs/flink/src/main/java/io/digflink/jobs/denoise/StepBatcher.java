package io.digflink.jobs.denoise;

import io.digflink.jobs.device.BatchKey;
import io.digflink.jobs.device.FailedRunPolicy;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/**
 * Chooses the images that take the next step together: the one that has gone without a step for
 * longest, and after it all that fit into one run with it. So every image gets its turn, whatever
 * the mix. An image whose run has failed goes alone.
 */
final class StepBatcher {
  private final FailedRunPolicy<ImageInFlight> policy;

  StepBatcher(FailedRunPolicy<ImageInFlight> policy) {
    this.policy = policy;
  }

  /**
   * Chooses a batch. An image that needs more rows than the limit runs alone.
   *
   * @param images images with steps to take, the most urgent first
   * @return images of one key; none if there are none at all
   */
  List<ImageInFlight> choose(Collection<ImageInFlight> images) {
    List<ImageInFlight> chosen = new ArrayList<>();
    BatchKey key = null;
    int free = 0;
    for (ImageInFlight image : images) {
      if (policy.isSuspect(image)) {
        if (chosen.isEmpty()) {
          return List.of(image);
        }
        continue;
      }
      int rows = image.trajectory().rows();
      if (chosen.isEmpty()) {
        key = image.portion().key();
        free = Math.max(rows, policy.limit(key));
      }
      if (rows <= free && image.portion().key().equals(key)) {
        chosen.add(image);
        free -= rows;
      }
      if (free == 0) {
        break;
      }
    }
    return chosen;
  }
}
