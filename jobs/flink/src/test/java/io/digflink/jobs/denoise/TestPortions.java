package io.digflink.jobs.denoise;

import io.digflink.jobs.device.BatchKey;
import io.digflink.jobs.request.AdmittedRequest;
import io.digflink.jobs.request.Portion;
import io.digflink.jobs.request.TestRequests;
import io.digflink.runtime.sampling.Diffusion;
import io.digflink.runtime.sampling.LatentShape;
import io.digflink.runtime.sampling.NoiseSchedule;
import io.digflink.runtime.sampling.RowBatch;
import io.digflink.schemas.GenerationRequest;
import java.util.Collection;
import java.util.concurrent.atomic.AtomicLong;

/** Portions in flight of models that exist on paper only. */
final class TestPortions {
  static final int STEPS = 5;
  static final LatentShape SHAPE = new LatentShape(4, 8, 8);

  private static final Diffusion DIFFUSION =
      new Diffusion(NoiseSchedule.linear(1000, 0.0001, 0.02), 4, false, 10, 10);
  private static final int LABEL = 3;
  private static final AtomicLong SEQUENCE = new AtomicLong();

  private TestPortions() {}

  /** A request of one label and {@value #STEPS} steps that nothing guides. */
  static GenerationRequest.Builder request(String id) {
    return TestRequests.request(id, "m", LABEL).setSampler("ddim").setSteps(STEPS);
  }

  /** A request as one portion. */
  static PortionInFlight of(GenerationRequest.Builder request, int images) {
    return of(request, images, SHAPE);
  }

  /** A request for images of any size as one portion. */
  static PortionInFlight of(GenerationRequest.Builder request, int images, LatentShape shape) {
    return of(admitted(request, images, shape), 0, images);
  }

  /** A request for images of a size, as it is admitted. */
  static AdmittedRequest admitted(
      GenerationRequest.Builder request, int images, LatentShape shape) {
    return TestRequests.admitted(request.setImagesPerLabel(images).build(), shape, LABEL);
  }

  /** Some images of a request. */
  static PortionInFlight of(AdmittedRequest admitted, int from, int to) {
    return new PortionInFlight(
        Portion.of(admitted, TestRequests.DIGEST, from, to),
        null,
        new BatchKey(admitted.request().getModel(), TestRequests.DIGEST, admitted.latent()),
        SEQUENCE.getAndIncrement(),
        from);
  }

  /** The next image of a portion, at pure noise. */
  static ImageInFlight next(PortionInFlight portion, long now) {
    int index = portion.beginNext();
    return new ImageInFlight(portion, index, DIFFUSION.begin(portion.portion().spec(index)), now);
  }

  /** Moves images by a step, as a denoiser would that predicts no noise anywhere. */
  static void step(Collection<ImageInFlight> images) {
    int rows = images.stream().mapToInt(image -> image.trajectory().rows()).sum();
    RowBatch batch =
        new RowBatch(
            Math.max(2, rows), images.iterator().next().portion().key().latent(), DIFFUSION);
    batch.clear();
    images.forEach(image -> batch.add(image.trajectory()));
    batch.advance();
  }
}
