package io.digflink.jobs.denoise;

import io.digflink.jobs.denoise.HeldRequest.HeldImage;
import io.digflink.jobs.model.ServedModels;
import io.digflink.runtime.model.ModelBundle;
import io.digflink.runtime.sampling.Trajectory;
import io.digflink.runtime.sampling.TrajectorySpec;
import io.digflink.runtime.sampling.TrajectoryState;
import java.util.ArrayList;
import java.util.List;

/** Turns requests in flight into state and back. */
final class HeldRequests {
  private final ServedModels models;

  HeldRequests(ServedModels models) {
    this.models = models;
  }

  /** The state of a request none of whose images is moving. */
  HeldRequest snapshot(RequestInFlight request) {
    List<HeldImage> images = new ArrayList<>();
    for (ImageInFlight image : request.images()) {
      TrajectoryState state = image.trajectory().snapshot();
      images.add(
          new HeldImage(image.startedAt(), state.stepsDone(), state.latent(), state.history()));
    }
    String digest = models.bundle(request.key().model()).digest();
    return new HeldRequest(request.admitted(), digest, request.begun(), images);
  }

  /**
   * Goes on with a request. Images made in part with another bundle of the same name begin again,
   * so that no image is the work of two.
   */
  RequestInFlight restore(HeldRequest held, long sequence) {
    ModelBundle bundle = models.bundle(held.admitted().request().getModel());
    RequestInFlight request = new RequestInFlight(held.admitted(), sequence, held.begun());
    boolean sameBundle = bundle.digest().equals(held.bundleDigest());
    int index = held.firstIndex();
    for (HeldImage image : held.images()) {
      TrajectorySpec spec = request.spec(index);
      Trajectory trajectory =
          sameBundle
              ? bundle.diffusion().restore(stateOf(spec, image))
              : bundle.diffusion().begin(spec);
      request.images().add(new ImageInFlight(request, index, trajectory, image.startedAt()));
      index++;
    }
    return request;
  }

  private static TrajectoryState stateOf(TrajectorySpec spec, HeldImage image) {
    return new TrajectoryState(spec, image.stepsDone(), image.values(), image.history());
  }
}
