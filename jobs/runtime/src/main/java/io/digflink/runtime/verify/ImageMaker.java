package io.digflink.runtime.verify;

import io.digflink.runtime.model.ModelBundle;
import io.digflink.runtime.sampling.RowBatch;
import io.digflink.runtime.sampling.Trajectory;
import io.digflink.runtime.sampling.TrajectorySpec;
import io.digflink.runtime.session.DecoderSession;
import io.digflink.runtime.session.DenoiserSession;
import io.digflink.runtime.session.Device;
import io.digflink.runtime.session.SessionException;
import java.util.List;

/** Makes images of one model, one at a time. */
final class ImageMaker implements AutoCloseable {
  private static final int GUIDED_ROWS = 2;

  // As the jobs' default. On a GPU it decides the rows of a run, and these the last bits.
  private static final int DECODE_BATCH = 8;

  private final ModelBundle bundle;
  private final DenoiserSession denoiser;
  private final DecoderSession decoder;

  ImageMaker(ModelBundle bundle, Device device, int threads) throws SessionException {
    this.bundle = bundle;
    this.denoiser = bundle.openDenoiser(device, threads);
    try {
      this.decoder = bundle.openDecoder(device, threads);
    } catch (SessionException | RuntimeException e) {
      denoiser.close();
      throw e;
    }
  }

  /** Pixels of an image, [channels, height, width] in [−1, 1]. */
  float[] make(TrajectorySpec spec) throws SessionException {
    RowBatch batch = new RowBatch(GUIDED_ROWS, spec.shape(), bundle.diffusion());
    Trajectory trajectory = bundle.diffusion().begin(spec);
    while (!trajectory.isDone()) {
      batch.clear();
      batch.add(trajectory);
      denoiser.run(batch);
      batch.advance();
    }
    return decoder.run(List.of(trajectory.latent()), spec.shape(), DECODE_BATCH)[0];
  }

  @Override
  public void close() {
    denoiser.close();
    decoder.close();
  }
}
