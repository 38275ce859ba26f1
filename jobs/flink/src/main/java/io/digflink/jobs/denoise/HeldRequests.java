package io.digflink.jobs.denoise;

import io.digflink.jobs.denoise.HeldRequest.HeldImage;
import io.digflink.jobs.model.ServedModels;
import io.digflink.jobs.request.AdmittedRequest;
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

/** Turns requests in flight into state and back. */
final class HeldRequests {
  private final ServedModels<?> models;

  HeldRequests(ServedModels<?> models) {
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
    String digest = request.bundle() == null ? "" : request.bundle().digest();
    return new HeldRequest(request.admitted(), digest, request.begun(), images);
  }

  /**
   * Goes on with a request, with the bundle that it began with. If that one is gone and the model's
   * name is served by another, its images in flight begin again, so that no image is the work of
   * two.
   *
   * @throws RejectException if neither is there, or the other one cannot do this
   */
  RequestInFlight restore(HeldRequest held, long sequence) throws RejectException {
    RequestInFlight request = new RequestInFlight(held.admitted(), sequence, held.begun());
    if (held.begun() == 0) {
      return request;
    }
    Optional<ModelBundle> same = models.version(held.bundleDigest());
    if (same.isPresent()) {
      request.bind(held.admitted(), same.get());
    } else {
      bind(request);
    }
    Diffusion diffusion = request.bundle().diffusion();
    int index = held.firstIndex();
    for (HeldImage image : held.images()) {
      TrajectorySpec spec = request.spec(index);
      Trajectory trajectory =
          same.isPresent() ? diffusion.restore(stateOf(spec, image)) : diffusion.begin(spec);
      request.images().add(new ImageInFlight(request, index, trajectory, image.startedAt()));
      index++;
    }
    return request;
  }

  /**
   * Gives a request the bundle that serves its model now.
   *
   * @throws RejectException if there is none, or it cannot do what the request asks for
   */
  void bind(RequestInFlight request) throws RejectException {
    AdmittedRequest admitted = request.admitted();
    String model = admitted.request().getModel();
    ModelBundle bundle = models.find(model).orElseThrow(() -> RejectRecords.modelGone(model));
    try {
      // Admission may have seen another version.
      request.bind(admitted.readmitted(bundle.capabilities()), bundle);
    } catch (UnservableException e) {
      throw RejectException.of(e);
    }
  }

  private static TrajectoryState stateOf(TrajectorySpec spec, HeldImage image) {
    return new TrajectoryState(spec, image.stepsDone(), image.values(), image.history());
  }
}
