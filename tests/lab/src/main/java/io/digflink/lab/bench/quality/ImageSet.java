package io.digflink.lab.bench.quality;

import io.digflink.runtime.model.ModelBundle;
import io.digflink.runtime.sampling.LatentShape;
import io.digflink.runtime.sampling.RowBatch;
import io.digflink.runtime.sampling.Trajectory;
import io.digflink.runtime.sampling.TrajectorySpec;
import io.digflink.runtime.session.DecoderSession;
import io.digflink.runtime.session.DenoiserSession;
import io.digflink.runtime.session.SessionException;
import java.util.ArrayList;
import java.util.List;

/**
 * Images of one setting, the classes in turn, made as the job makes them but in this process.
 *
 * @param images grey bytes, row by row, in the order of their indices
 * @param rows rows of the denoiser that they took
 * @param nanos time of the denoiser's runs and the sampler's steps
 */
record ImageSet(List<byte[]> images, long rows, long nanos) {
  private static final int DECODE_BATCH = 50;

  /**
   * Makes images.
   *
   * @param batch how many rows at once, at least 2
   */
  static ImageSet make(
      ModelBundle bundle,
      DenoiserSession denoiser,
      DecoderSession decoder,
      List<TrajectorySpec> specs,
      int batch)
      throws SessionException {
    LatentShape shape = bundle.latentShape();
    RowBatch rows = new RowBatch(batch, shape, bundle.diffusion());
    List<Trajectory> all = specs.stream().map(bundle.diffusion()::begin).toList();
    List<Trajectory> moving = new ArrayList<>();
    long count = 0;
    int begun = 0;
    long start = System.nanoTime();
    do {
      rows.clear();
      moving.removeIf(Trajectory::isDone);
      boolean room = moving.stream().allMatch(rows::add);
      while (room && begun < all.size() && rows.add(all.get(begun))) {
        moving.add(all.get(begun++));
      }
      if (rows.rows() > 0) {
        denoiser.run(rows);
        rows.advance();
        count += rows.rows();
      }
    } while (rows.rows() > 0);
    long nanos = System.nanoTime() - start;
    List<byte[]> images = new ArrayList<>();
    for (int first = 0; first < all.size(); first += DECODE_BATCH) {
      List<Trajectory> part = all.subList(first, Math.min(all.size(), first + DECODE_BATCH));
      List<float[]> latents = part.stream().map(Trajectory::latent).toList();
      for (float[] image : decoder.run(latents, shape, DECODE_BATCH)) {
        images.add(grey(image));
      }
    }
    return new ImageSet(images, count, nanos);
  }

  /** The mean of the three channels [3, H, W] in [−1, 1], as bytes. */
  private static byte[] grey(float[] image) {
    int plane = image.length / 3;
    byte[] grey = new byte[plane];
    for (int p = 0; p < plane; p++) {
      float mean = (image[p] + image[p + plane] + image[p + 2 * plane]) / 3;
      grey[p] = (byte) Math.rint((Math.max(-1, Math.min(1, mean)) + 1) * 127.5);
    }
    return grey;
  }

  /** Peak signal-to-noise ratio in dB of the first images against as many others, from one mean. */
  double psnr(List<byte[]> references) {
    double sum = 0;
    long pixels = 0;
    for (int i = 0; i < references.size(); i++) {
      byte[] image = images.get(i);
      for (int p = 0; p < image.length; p++) {
        int difference = (image[p] & 0xFF) - (references.get(i)[p] & 0xFF);
        sum += difference * difference;
      }
      pixels += image.length;
    }
    return 10 * Math.log10(255.0 * 255 * pixels / sum);
  }
}
