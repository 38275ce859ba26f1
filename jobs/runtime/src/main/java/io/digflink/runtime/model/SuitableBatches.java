package io.digflink.runtime.model;

import io.digflink.runtime.sampling.Diffusion;
import io.digflink.runtime.sampling.Guidance;
import io.digflink.runtime.sampling.LatentShape;
import io.digflink.runtime.sampling.RowBatch;
import io.digflink.runtime.sampling.SamplerType;
import io.digflink.runtime.sampling.TimestepSpacing;
import io.digflink.runtime.sampling.TrajectorySpec;
import io.digflink.runtime.session.BatchKnee;
import io.digflink.runtime.session.DecoderSession;
import io.digflink.runtime.session.DenoiserSession;
import io.digflink.runtime.session.Device;
import io.digflink.runtime.session.SessionException;
import java.time.Duration;
import java.util.Collections;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How many rows of a bundle's graphs a device is given at once: measured when a session is opened,
 * on latents of the bundle's own size, once in a JVM. The runs warm the session up, too.
 */
public final class SuitableBatches {
  /** A guided image takes two rows. */
  public static final int LEAST_ROWS = 2;

  /** Up to here an image's bytes are the same in every batch of the fp16 kernels, as was tested. */
  private static final int MOST_ROWS_ON_A_GPU = 128;

  private static final int MOST_ROWS_ON_A_CPU = 64;

  /** The search begins here: it is cut short on a slow machine, and must not end below. */
  private static final int USUAL_ROWS = 8;

  private static final int USUAL_ROWS_ON_A_GPU = 32;

  /** On a GPU an image's bytes may depend on it: it is the same wherever and whenever. */
  private static final int LATENTS_ON_A_GPU = 8;

  /** Most latents that are ever found to suit a device. */
  public static final int MOST_LATENTS = 8;

  private static final Duration LONGEST_SEARCH_ON_A_GPU = Duration.ofSeconds(10);
  private static final Duration LONGEST_SEARCH_ON_A_CPU = Duration.ofSeconds(1);
  private static final Logger LOG = LoggerFactory.getLogger(SuitableBatches.class);
  private static final Map<Measured, Integer> KNOWN = new ConcurrentHashMap<>();
  private static final Map<Device, Object> LOCKS = new ConcurrentHashMap<>();

  private record Measured(String digest, String graph, Device device, int threads, Duration step) {}

  private SuitableBatches() {}

  /** Most rows that are ever found to suit a device. */
  public static int mostRows(Device device) {
    return device.isCuda() ? MOST_ROWS_ON_A_GPU : MOST_ROWS_ON_A_CPU;
  }

  /**
   * Rows of a denoiser run.
   *
   * @param session of the bundle on the device
   * @param threads of a run on the CPU
   * @param longestStep that a run should take
   */
  public static int denoiserRows(
      ModelBundle bundle, DenoiserSession session, Device device, int threads, Duration longestStep)
      throws SessionException {
    Measured what = new Measured(bundle.digest(), "denoiser", device, threads, longestStep);
    LatentShape shape = bundle.latentShape();
    Diffusion diffusion = bundle.diffusion();
    RowBatch batch = new RowBatch(mostRows(device), shape, diffusion);
    return measure(
        what,
        bundle.name(),
        new BatchKnee(usualRows(device), mostRows(device), longestStep, longestSearch(device)),
        rows -> {
          fill(batch, rows, shape, diffusion);
          session.run(batch);
        });
  }

  private static int usualRows(Device device) {
    return device.isCuda() ? USUAL_ROWS_ON_A_GPU : USUAL_ROWS;
  }

  /** Runs a denoiser once on so many rows, so that the first request need not wait for it. */
  public static void warmUp(ModelBundle bundle, DenoiserSession session, int rows) {
    RowBatch batch = new RowBatch(rows, bundle.latentShape(), bundle.diffusion());
    fill(batch, rows, bundle.latentShape(), bundle.diffusion());
    warmUp(given -> session.run(batch), rows);
  }

  /** Runs a decoder once on so many latents, so that the first image need not wait for it. */
  public static void warmUp(ModelBundle bundle, DecoderSession session, int latents) {
    float[] latent = new float[bundle.latentShape().size()];
    warmUp(
        given -> session.run(Collections.nCopies(1, latent), bundle.latentShape(), given), latents);
  }

  private static void fill(RowBatch batch, int rows, LatentShape shape, Diffusion diffusion) {
    for (int row = batch.rows(); row < rows; row++) {
      TrajectorySpec spec =
          new TrajectorySpec(
              0,
              row,
              diffusion.classes() == 0 ? null : row % diffusion.classes(),
              shape,
              SamplerType.DDIM,
              1,
              TimestepSpacing.UNIFORM,
              0,
              Guidance.NONE);
      batch.add(diffusion.begin(spec));
    }
  }

  /**
   * Latents of a decoder run. On a GPU it is not measured, since an image's last bits may depend on
   * it, and two GPUs may differ: there it only warms up.
   *
   * @param session of the bundle on the device
   * @param threads of a run on the CPU
   * @param longestRun that a run should take
   */
  public static int decoderLatents(
      ModelBundle bundle, DecoderSession session, Device device, int threads, Duration longestRun)
      throws SessionException {
    LatentShape shape = bundle.latentShape();
    float[] latent = new float[shape.size()];
    if (device.isCuda()) {
      session.run(Collections.nCopies(1, latent), shape, LATENTS_ON_A_GPU);
      return LATENTS_ON_A_GPU;
    }
    return measure(
        new Measured(bundle.digest(), "decoder", device, threads, longestRun),
        bundle.name(),
        new BatchKnee(1, MOST_LATENTS, longestRun, LONGEST_SEARCH_ON_A_CPU),
        latents -> session.run(Collections.nCopies(latents, latent), shape, latents));
  }

  private static void warmUp(BatchKnee.Run run, int rows) {
    try {
      run.on(rows);
    } catch (SessionException e) {
      LOG.debug("A trial failed, as it may where a model fails on some image", e);
    }
  }

  private static Duration longestSearch(Device device) {
    return device.isCuda() ? LONGEST_SEARCH_ON_A_GPU : LONGEST_SEARCH_ON_A_CPU;
  }

  /** One search at a time on a device: a second one would disturb it. */
  private static int measure(Measured what, String name, BatchKnee knee, BatchKnee.Run run)
      throws SessionException {
    Device shared = what.device().isCuda() ? what.device() : Device.CPU;
    synchronized (LOCKS.computeIfAbsent(shared, device -> new Object())) {
      Integer known = KNOWN.get(what);
      if (known != null) {
        warmUp(run, known); // a session that is opened again
        return known;
      }
      BatchKnee.Found found;
      try {
        found = knee.find(run);
      } catch (SessionException e) {
        return usual(what, name, e);
      }
      KNOWN.put(what, found.rows());
      LOG.info(
          "The {} of {} on {} gets {} rows per run: {} ms, {} rows per second",
          what.graph(),
          name,
          what.device(),
          found.rows(),
          String.format("%.1f", found.runNanos() / 1e6),
          String.format("%.0f", found.rowsPerSecond()));
      return found.rows();
    }
  }

  /** A model that fails on some image may make all others: each has its own runs. */
  private static int usual(Measured what, String name, SessionException failure) {
    boolean isDecoder = what.graph().equals("decoder");
    int rows = isDecoder ? MOST_LATENTS : usualRows(what.device());
    KNOWN.put(what, rows);
    LOG.warn(
        "A trial of the {} of {} on {} failed: runs get {} rows, unmeasured",
        what.graph(),
        name,
        what.device(),
        rows,
        failure);
    return rows;
  }

  /**
   * The rows for latents of another size than the bundle's own: as many as have about as many
   * cells, a power of two times the least.
   *
   * @param measured rows that suit the bundle's own size
   * @param own shape of the bundle's own latents
   * @param most limit for small latents
   */
  public static int scaled(int measured, LatentShape own, LatentShape shape, int least, int most) {
    if (shape.plane() == own.plane()) {
      return measured;
    }
    long fitting = (long) measured * own.plane() / shape.plane();
    int rows = least;
    while (2L * rows <= Math.min(fitting, most)) {
      rows *= 2;
    }
    return rows;
  }
}
