package io.digflink.jobs.admit;

import static io.digflink.jobs.request.RejectException.field;

import io.digflink.bundle.ModelManifest;
import io.digflink.jobs.request.RejectException;
import io.digflink.runtime.sampling.LatentShape;
import io.digflink.schemas.GenerationRequest;

/** Which image sizes a model can make, and which of them are allowed. */
final class SizeCheck {
  private final ModelManifest.Latent latent;
  private final int scale;
  private final long mostPixels;

  SizeCheck(ModelManifest model, Limits limits) {
    this.latent = model.latent();
    this.scale = model.image().scale();
    this.mostPixels = limits.pixels();
  }

  /** Shape of the latent of the size that a request asks for. */
  LatentShape latentOf(GenerationRequest request) throws RejectException {
    int height = pixels("height", request.getHeight(), latent.height() * scale);
    int width = pixels("width", request.getWidth(), latent.width() * scale);
    if ((long) height * width > mostPixels) {
      throw field(
          "width",
          width + " (height " + height + ")",
          "at most " + mostPixels + " pixels an image");
    }
    return new LatentShape(latent.channels(), height / scale, width / scale);
  }

  private int pixels(String name, Integer wanted, int trained) throws RejectException {
    if (wanted == null || wanted == trained) {
      return trained;
    }
    if (!latent.dynamicSize()) {
      throw field(name, wanted, trained + ": this model makes one size");
    }
    int multiple = latent.sizeMultiple() * scale;
    if (wanted < multiple || wanted % multiple != 0) {
      throw field(name, wanted, "multiples of " + multiple);
    }
    return wanted;
  }
}
