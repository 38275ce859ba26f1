package io.digflink.jobs.denoise;

import io.digflink.jobs.denoise.HeldPortion.HeldImage;
import io.digflink.jobs.model.ServedModels;
import io.digflink.jobs.request.Portion;
import io.digflink.jobs.request.RejectException;
import io.digflink.jobs.request.RejectRecords;
import io.digflink.runtime.model.ModelBundle;
import io.digflink.runtime.model.UnservableException;
import io.digflink.runtime.sampling.Diffusion;
import io.digflink.runtime.sampling.Trajectory;
import io.digflink.runtime.sampling.TrajectorySpec;
import io.digflink.runtime.sampling.TrajectoryState;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Takes portions in, and turns those in flight into state and back. */
final class HeldPortions {
  private final ServedModels<?> models;

  HeldPortions(ServedModels<?> models) {
    this.models = models;
  }

  /**
   * Takes in a portion that has just come.
   *
   * @throws RejectException see {@link #restore}
   */
  PortionInFlight take(Portion portion, long sequence) throws RejectException {
    return restore(new HeldPortion(portion, null, portion.from(), List.of()), sequence);
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
    return new HeldPortion(portion.portion(), null, portion.next(), images);
  }

  /**
   * Goes on with a portion, with the bundle that its request was admitted to. If that one is gone
   * and the model's name is served by another, its images in flight begin again, so that no image
   * is the work of two.
   *
   * @throws RejectException if neither is there, or the other one cannot do this
   */
  PortionInFlight restore(HeldPortion held, long sequence) throws RejectException {
    Portion portion = held.portion();
    Optional<ModelBundle> same = models.version(portion.bundleDigest());
    PortionInFlight restored =
        same.isPresent()
            ? new PortionInFlight(portion, same.get(), sequence, held.next())
            : replace(held, sequence);
    Diffusion diffusion = restored.bundle().diffusion();
    for (HeldImage image : held.images()) {
      TrajectorySpec spec = restored.portion().spec(image.index());
      Trajectory trajectory =
          same.isPresent() ? diffusion.restore(stateOf(spec, image)) : diffusion.begin(spec);
      restored
          .images()
          .add(new ImageInFlight(restored, image.index(), trajectory, image.startedAt()));
    }
    return restored;
  }

  private PortionInFlight replace(HeldPortion held, long sequence) throws RejectException {
    Portion portion = held.portion();
    String model = portion.request().getModel();
    ModelBundle bundle = models.find(model).orElseThrow(() -> RejectRecords.modelGone(model));
    try {
      Portion readmitted = portion.readmitted(bundle.capabilities(), bundle.digest());
      return new PortionInFlight(readmitted, bundle, sequence, held.next());
    } catch (UnservableException e) {
      throw RejectException.of(e);
    }
  }

  private static TrajectoryState stateOf(TrajectorySpec spec, HeldImage image) {
    return new TrajectoryState(spec, image.stepsDone(), image.values(), image.history());
  }
}
