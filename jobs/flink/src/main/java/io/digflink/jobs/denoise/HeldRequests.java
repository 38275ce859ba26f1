package io.digflink.jobs.denoise;

import io.digflink.jobs.denoise.HeldRequest.HeldImage;
import io.digflink.jobs.model.ServedModels;
import io.digflink.jobs.request.AdmittedRequest;
import io.digflink.jobs.request.RejectException;
import io.digflink.jobs.request.RejectRecords;
import io.digflink.runtime.model.ModelBundle;
import io.digflink.runtime.model.UnservableException;
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
   * Goes on with a request. If the model was replaced meanwhile by another of the same name, its
   * images in flight begin again, so that no image is the work of two.
   *
   * @throws RejectException if the model is no longer served, or its replacement cannot do this
   */
  RequestInFlight restore(HeldRequest held, long sequence) throws RejectException {
    String model = held.admitted().request().getModel();
    ModelBundle bundle = models.find(model).orElseThrow(() -> RejectRecords.modelGone(model));
    boolean sameBundle = bundle.digest().equals(held.bundleDigest());
    AdmittedRequest admitted = held.admitted();
    if (!sameBundle) {
      try {
        admitted = admitted.readmitted(bundle.capabilities());
      } catch (UnservableException e) {
        throw RejectException.of(e);
      }
    }
    RequestInFlight request = new RequestInFlight(admitted, sequence, held.begun());
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
