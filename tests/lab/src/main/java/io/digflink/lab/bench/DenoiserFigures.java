package io.digflink.lab.bench;

import ai.onnxruntime.OrtException;
import io.digflink.bundle.ModelManifest;
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
import java.io.IOException;
import java.nio.file.Path;
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
 * @param tensorMebibytes most memory of the run's tensors beyond the weights and inputs, see {@link
 *     ProfiledRun#tensorMebibytes}
 */
record DenoiserFigures(
    String model,
    int size,
    int batch,
    double milliseconds,
    double imageStepsPerSecond,
    long peakMebibytes,
    double tensorMebibytes) {
  /** Image pixels a latent cell, as in the published comparisons. */
  private static final int SCALE = 8;

  private static final int STEPS = 2;

  /**
   * Measures a preset with random weights.
   *
   * @param directory of the bundle
   */
  static DenoiserFigures measure(
      ModelBundle bundle, Path directory, String model, int size, int batch, RunOptions options)
      throws SessionException, OrtException, IOException {
    Device device = options.device();
    DeviceMemory memory = DeviceMemory.of(device);
    double median;
    long peak;
    try (DenoiserSession session = bundle.openDenoiser(device, 0)) {
      RowBatch rows = rows(bundle, size, batch);
      median = options.medianMilliseconds(() -> session.run(rows));
      peak = memory.mebibytes();
    }
    Path graph = directory.resolve(ModelManifest.DENOISER);
    double tensors = ProfiledRun.of(graph, device, batch, size / SCALE).tensorMebibytes(device);
    return new DenoiserFigures(model, size, batch, median, batch * 1e3 / median, peak, tensors);
  }

  /** The first step of so many images, {@code size} pixels square. */
  static RowBatch rows(ModelBundle bundle, int size, int images) {
    int side = size / SCALE;
    LatentShape shape = new LatentShape(bundle.latentShape().channels(), side, side);
    // A batch has room for the two rows of a guided image.
    RowBatch rows = new RowBatch(Math.max(2, images), shape, bundle.diffusion());
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
        "| %s | %d | %d | %.2f | %.1f | %s | %.0f |",
        model,
        size,
        batch,
        milliseconds,
        imageStepsPerSecond,
        peakMebibytes < 0 ? "" : "" + peakMebibytes,
        tensorMebibytes);
  }
}
