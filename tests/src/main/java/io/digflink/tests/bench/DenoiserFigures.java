package io.digflink.tests.bench;

import io.digflink.runtime.model.ModelBundle;
import io.digflink.runtime.sampling.Guidance;
import io.digflink.runtime.sampling.LatentShape;
import io.digflink.runtime.sampling.RowBatch;
import io.digflink.runtime.sampling.SamplerType;
import io.digflink.runtime.sampling.TimestepSpacing;
import io.digflink.runtime.sampling.TrajectorySpec;
import io.digflink.runtime.session.DenoiserSession;
import io.digflink.runtime.session.Device;
import io.digflink.runtime.session.SessionException;
import java.util.Arrays;
import java.util.Locale;

/**
 * What one run of a denoiser takes.
 *
 * @param size pixels of an image's side
 * @param batch images of the run
 * @param milliseconds median, from inputs to outputs in the host's memory
 * @param imageStepsPerSecond steps of one image that this makes a second
 * @param peakMebibytes most device memory beyond that before the session; −1 where nvidia-smi does
 *     not tell
 * @param runMebibytes most device memory beyond that of the session before its first run, which has
 *     the weights and the device's context; −1 where nvidia-smi does not tell
 */
record DenoiserFigures(
    String model,
    int size,
    int batch,
    double milliseconds,
    double imageStepsPerSecond,
    long peakMebibytes,
    long runMebibytes) {
  /** Image pixels a latent cell, as in the published comparisons. */
  private static final int SCALE = 8;

  private static final int STEPS = 2;

  static DenoiserFigures measure(
      ModelBundle bundle, String model, int size, int batch, Device device, int runs)
      throws SessionException {
    int side = size / SCALE;
    LatentShape shape = new LatentShape(bundle.latentShape().channels(), side, side);
    try (DeviceMemory memory = DeviceMemory.watch(device);
        DenoiserSession session = bundle.openDenoiser(device, 0)) {
      RowBatch rows = rows(bundle, shape, batch);
      long loaded = memory.mebibytes();
      double[] milliseconds = new double[runs];
      for (int run = -Math.max(1, runs / 5); run < runs; run++) {
        long start = System.nanoTime();
        session.run(rows);
        if (run >= 0) {
          milliseconds[run] = (System.nanoTime() - start) / 1e6;
        }
      }
      Arrays.sort(milliseconds);
      double median = milliseconds[runs / 2];
      long peak = memory.peakMebibytes();
      return new DenoiserFigures(
          model, size, batch, median, batch * 1e3 / median, peak, peak < 0 ? peak : peak - loaded);
    }
  }

  private static RowBatch rows(ModelBundle bundle, LatentShape shape, int images) {
    RowBatch rows = new RowBatch(images, shape, bundle.diffusion());
    for (int i = 0; i < images; i++) {
      rows.add(
          bundle
              .diffusion()
              .begin(
                  new TrajectorySpec(
                      0,
                      i,
                      bundle.manifest().classes() == null ? null : 0,
                      shape,
                      SamplerType.DDIM,
                      STEPS,
                      TimestepSpacing.UNIFORM,
                      0,
                      Guidance.NONE)));
    }
    return rows;
  }

  /** As a row of the table. */
  String row() {
    return String.format(
        Locale.ROOT,
        "| %s | %d | %d | %.2f | %.1f | %s | %s |",
        model,
        size,
        batch,
        milliseconds,
        imageStepsPerSecond,
        peakMebibytes < 0 ? "" : "" + peakMebibytes,
        runMebibytes < 0 ? "" : "" + runMebibytes);
  }
}
