package io.digflink.jobs.denoise;

import io.digflink.jobs.device.BatchKey;
import io.digflink.jobs.request.AdmittedRequest;
import io.digflink.runtime.model.ModelBundle;
import io.digflink.runtime.sampling.Guidance;
import io.digflink.runtime.sampling.SamplerType;
import io.digflink.runtime.sampling.TimestepSpacing;
import io.digflink.runtime.sampling.TrajectorySpec;
import io.digflink.schemas.GenerationRequest;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * A request that is held: how many of its images have begun, and those that are in flight, in the
 * order of their index, in which they also leave.
 */
final class RequestInFlight {
  private AdmittedRequest admitted;
  private ModelBundle bundle;
  private BatchKey key;
  private final long sequence;
  private final Deque<ImageInFlight> images = new ArrayDeque<>();
  private int begun;

  /**
   * @param begun images that have begun: in flight or gone
   */
  RequestInFlight(AdmittedRequest admitted, long sequence, int begun) {
    this.admitted = admitted;
    this.key = new BatchKey(admitted.request().getModel(), "", admitted.latent());
    this.sequence = sequence;
    this.begun = begun;
  }

  AdmittedRequest admitted() {
    return admitted;
  }

  /**
   * Decides which bundle makes all its images.
   *
   * @param admitted the request as that bundle serves it
   */
  void bind(AdmittedRequest admitted, ModelBundle bundle) {
    this.admitted = admitted;
    this.bundle = bundle;
    this.key = new BatchKey(bundle.name(), bundle.digest(), admitted.latent());
  }

  /** The bundle that makes its images; null until the first one begins. */
  ModelBundle bundle() {
    return bundle;
  }

  /** What its images share a run with; without a digest until the first one begins. */
  BatchKey key() {
    return key;
  }

  long sequence() {
    return sequence;
  }

  /** Images in flight, the first to leave first. */
  Deque<ImageInFlight> images() {
    return images;
  }

  int begun() {
    return begun;
  }

  /** Whether images have not begun yet. */
  boolean isWaiting() {
    return begun < admitted.images();
  }

  /** Whether every image has left. */
  boolean isServed() {
    return !isWaiting() && images.isEmpty();
  }

  /** Takes the index of the next image to begin. */
  int beginNext() {
    return begun++;
  }

  /** All that an image of the request depends on. */
  TrajectorySpec spec(int index) {
    GenerationRequest r = admitted.request();
    Guidance guidance =
        new Guidance(
            r.getGuidanceScale(),
            Guidance.Channels.valueOf(r.getGuidanceChannels().name()),
            r.getGuidanceFrom(),
            r.getGuidanceTo());
    return new TrajectorySpec(
        r.getSeed(),
        index,
        admitted.labelOf(index),
        admitted.latent(),
        SamplerType.of(r.getSampler()),
        r.getSteps(),
        TimestepSpacing.of(r.getTimestepSpacing()),
        r.getEta() == null ? 0 : r.getEta(),
        guidance);
  }
}
