package io.digflink.jobs.denoise;

import io.digflink.jobs.denoise.HeldPortion.HeldImage;
import io.digflink.jobs.model.ServedModels;
import io.digflink.jobs.request.Portion;
import io.digflink.jobs.request.RejectException;
import io.digflink.jobs.request.RejectRecords;
import io.digflink.runtime.model.ModelBundle;
import io.digflink.runtime.model.UnservableException;
import io.digflink.runtime.sampling.Trajectory;
import io.digflink.runtime.sampling.TrajectorySpec;
import io.digflink.runtime.sampling.TrajectoryState;
import java.util.ArrayList;
import java.util.List;

/** Turns portions in flight into state and back. */
final class HeldPortions {
  private final ServedModels models;

  HeldPortions(ServedModels models) {
    this.models = models;
  }

  /** The state of a portion none of whose images is moving. */
  HeldPortion snapshot(PortionInFlight portion) {
    List<HeldImage> images = new ArrayList<>();
    for (ImageInFlight image : portion.images()) {
      TrajectoryState state = image.trajectory().snapshot();
      images.add(
          new HeldImage(
              image.index(),
              image.startedAt(),
              state.stepsDone(),
              state.latent(),
              state.history()));
    }
    String digest = models.bundle(portion.key().model()).digest();
    return new HeldPortion(portion.portion(), null, digest, portion.next(), images);
  }

  /**
   * Goes on with a portion. If the model was replaced meanwhile by another of the same name, its
   * images in flight begin again, so that no image is the work of two.
   *
   * @throws RejectException if the model is no longer served, or its replacement cannot do this
   */
  PortionInFlight restore(HeldPortion held, long sequence) throws RejectException {
    String model = held.portion().request().getModel();
    ModelBundle bundle = models.find(model).orElseThrow(() -> RejectRecords.modelGone(model));
    boolean sameBundle = bundle.digest().equals(held.bundleDigest());
    Portion portion = held.portion();
    if (!sameBundle) {
      try {
        portion = portion.readmitted(bundle.capabilities());
      } catch (UnservableException e) {
        throw RejectException.of(e);
      }
    }
    PortionInFlight restored = new PortionInFlight(portion, sequence, held.next());
    for (HeldImage image : held.images()) {
      TrajectorySpec spec = portion.spec(image.index());
      Trajectory trajectory =
          sameBundle
              ? bundle.diffusion().restore(stateOf(spec, image))
              : bundle.diffusion().begin(spec);
      restored
          .images()
          .add(new ImageInFlight(restored, image.index(), trajectory, image.startedAt()));
    }
    return restored;
  }

  private static TrajectoryState stateOf(TrajectorySpec spec, HeldImage image) {
    return new TrajectoryState(spec, image.stepsDone(), image.values(), image.history());
  }
}
