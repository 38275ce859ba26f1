package io.digflink.synthesis.job;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Joins the image and the latent of each sample. They come over different edges of the job graph,
 * so either may be first. Where one of them never comes, as after a failure of the decoder, the
 * other waits here until the job ends.
 */
final class OutcomePairs {
  private final Map<Long, Outcome> waiting = new HashMap<>();

  /** The sample, once its second half is there. */
  Optional<Outcome> join(Outcome half) {
    Outcome other = waiting.remove(half.index());
    if (other == null || (other.image() == null) == (half.image() == null)) {
      waiting.put(half.index(), half);
      return Optional.empty();
    }
    return Optional.of(half.pairedWith(other));
  }

  /** Halves whose other half has not come. */
  int waiting() {
    return waiting.size();
  }
}
