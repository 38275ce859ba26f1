package io.digflink.jobs.denoise;

import io.digflink.jobs.device.BatchKey;
import io.digflink.jobs.request.Portion;
import io.digflink.runtime.model.ModelBundle;
import java.util.LinkedHashSet;
import java.util.Set;

/** A portion that is held: how many of its images have begun, and those that have not left yet. */
final class PortionInFlight {
  private final Portion portion;
  private final ModelBundle bundle;
  private final BatchKey key;
  private final long sequence;
  private final Set<ImageInFlight> images = new LinkedHashSet<>();
  private int next;

  /**
   * @param bundle what makes its images
   * @param next index of the next image to begin
   */
  PortionInFlight(Portion portion, ModelBundle bundle, long sequence, int next) {
    this(
        portion,
        bundle,
        new BatchKey(bundle.name(), bundle.digest(), portion.latent()),
        sequence,
        next);
  }

  /** With a key, for whoever needs no bundle. */
  PortionInFlight(Portion portion, ModelBundle bundle, BatchKey key, long sequence, int next) {
    this.portion = portion;
    this.bundle = bundle;
    this.key = key;
    this.sequence = sequence;
    this.next = next;
  }

  Portion portion() {
    return portion;
  }

  /** What makes its images. */
  ModelBundle bundle() {
    return bundle;
  }

  BatchKey key() {
    return key;
  }

  long sequence() {
    return sequence;
  }

  /** Images that have begun and not left, in the order in which they began. */
  Set<ImageInFlight> images() {
    return images;
  }

  /** Index of the next image to begin. */
  int next() {
    return next;
  }

  /** Whether images have not begun yet. */
  boolean isWaiting() {
    return next < portion.to();
  }

  /** Images that have not begun. */
  int waiting() {
    return portion.to() - next;
  }

  /** The same as a share of the whole request. */
  double requestsWaiting() {
    return (double) waiting() / portion.images();
  }

  /** Whether no image has begun. */
  boolean isUntouched() {
    return next == portion.from();
  }

  /** Whether every image has left. */
  boolean isServed() {
    return !isWaiting() && images.isEmpty();
  }

  /** Images that have not left. */
  int left() {
    return waiting() + images.size();
  }

  /** Takes the index of the next image to begin. */
  int beginNext() {
    return next++;
  }
}
