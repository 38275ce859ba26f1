package io.digflink.jobs.device;

import io.digflink.jobs.request.RejectException;
import io.digflink.schemas.RejectReason;

/** Says why an image is rejected that a graph cannot make. */
public final class RunRejects {
  private RunRejects() {}

  /**
   * The reject of the only image of a run that failed for good.
   *
   * @param index place of the image in its request
   */
  public static RejectException failed(DeviceRun<?> run, int index) {
    if (run.isOutOfMemory()) {
      return RejectException.of(
          RejectReason.OUT_OF_MEMORY,
          String.format(
              "The device has too little memory to run the %s of model %s on image %d alone, of %s"
                  + " latent cells: ask for a smaller size",
              run.graph(), run.key().model(), index, run.key().latent()));
    }
    return RejectException.of(
        RejectReason.OTHER,
        String.format(
            "The %s fails on image %d, alone too: %s. Look into the model, or ask for another"
                + " image",
            run.graph(), index, run.failure().getMessage()));
  }

  /**
   * The reject of an image for which a graph gave NaN or infinite values.
   *
   * @param where graph and step
   * @param index place of the image in its request
   */
  public static RejectException notFinite(String where, String model, int index) {
    return RejectException.of(
        RejectReason.NOT_FINITE,
        String.format(
            "Model %s gave values that are not finite for image %d (%s): export it with --precision"
                + " fp32, look at its weights, or ask for less guidance",
            model, index, where));
  }
}
