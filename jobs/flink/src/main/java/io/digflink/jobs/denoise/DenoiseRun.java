package io.digflink.jobs.denoise;

import io.digflink.jobs.device.BatchKey;
import io.digflink.jobs.device.DeviceRun;
import io.digflink.runtime.sampling.RowBatch;
import io.digflink.runtime.session.DenoiserSession;
import io.digflink.runtime.session.SessionException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Runs the denoiser on a batch of images and moves each of them by one step. */
final class DenoiseRun extends DeviceRun<ImageInFlight> {
  private final RowBatch batch;
  private final DenoiserSession session;
  private final Map<ImageInFlight, float[]> predictions = new HashMap<>();

  /**
   * @param batch takes the images' rows
   * @param shown those of the images of which the clean latent is to be predicted as well
   */
  DenoiseRun(
      BatchKey key,
      List<ImageInFlight> images,
      RowBatch batch,
      DenoiserSession session,
      List<ImageInFlight> shown) {
    super("denoiser", key, images);
    this.batch = batch;
    this.session = session;
    shown.forEach(image -> predictions.put(image, new float[key.latent().size()]));
  }

  /** Predictions of clean latents, [C, H, W]. */
  Map<ImageInFlight, float[]> predictions() {
    return predictions;
  }

  @Override
  protected void compute() throws SessionException {
    batch.clear();
    for (ImageInFlight image : images()) {
      if (!batch.add(image.trajectory())) {
        throw new IllegalStateException(
            "Expected images that fit into a batch of " + batch.capacity() + " rows");
      }
    }
    predictions.forEach((image, clean) -> image.trajectory().predictCleanInto(clean));
    session.run(batch);
  }

  @Override
  protected void moveImages() {
    batch.advance();
  }

  @Override
  public int rows() {
    return batch.rows();
  }

  /** A guided image has two rows, which stay together. */
  @Override
  protected boolean canShrink() {
    return images().size() > 1;
  }
}
