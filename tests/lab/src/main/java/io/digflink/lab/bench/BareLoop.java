package io.digflink.lab.bench;

import io.digflink.runtime.image.ImageEncoder;
import io.digflink.runtime.model.ModelBundle;
import io.digflink.runtime.sampling.LatentShape;
import io.digflink.runtime.sampling.RowBatch;
import io.digflink.runtime.sampling.Trajectory;
import io.digflink.runtime.sampling.TrajectorySpec;
import io.digflink.runtime.session.DecoderSession;
import io.digflink.runtime.session.DenoiserSession;
import io.digflink.runtime.session.Device;
import io.digflink.runtime.session.SessionException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What the hardware gives without Flink and Kafka: the same sessions, batches, samplers and encoder
 * as the job's, one run after the other on one thread; only the encoding uses every core, as the
 * job's does.
 */
public final class BareLoop implements AutoCloseable {
  private final ModelBundle bundle;
  private final DenoiserSession denoiser;
  private final DecoderSession decoder;
  private final RowBatch batch;
  private final Limits limits;
  private final ImageEncoder encoder;

  /**
   * How much is done at once; the job's options of these names.
   *
   * @param maxBatchRows most rows of a run of the denoiser, at least 2
   * @param maxInFlight most images begun and not done
   * @param maxDecodeBatch most latents of a run of the decoder
   */
  public record Limits(int maxBatchRows, int maxInFlight, int maxDecodeBatch) {}

  /**
   * What was done.
   *
   * @param files encoded images in the order of their specifications
   * @param nanos all of it
   * @param denoiserNanos in runs of the denoiser
   * @param decoderNanos in runs of the decoder
   * @param runs runs of the denoiser
   * @param rows rows of those runs
   */
  public record Result(
      List<byte[]> files, long nanos, long denoiserNanos, long decoderNanos, int runs, long rows) {

    /** Images a second. */
    public double imagesPerSecond() {
      return files.size() * 1e9 / nanos;
    }

    /** Mean rows of a run of the denoiser. */
    public double meanRows() {
      return rows / (double) runs;
    }

    /** Part of the time that is not in ONNX Runtime: sampling, noise, copies, encoding. */
    public double overhead() {
      return 1 - (denoiserNanos + decoderNanos) / (double) nanos;
    }
  }

  /**
   * Opens the sessions.
   *
   * @param shape shape of every latent
   * @param threads see {@link ModelBundle#openDenoiser}
   */
  public BareLoop(
      ModelBundle bundle,
      LatentShape shape,
      Device device,
      int threads,
      Limits limits,
      ImageEncoder encoder)
      throws SessionException {
    this.bundle = bundle;
    this.limits = limits;
    this.encoder = encoder;
    this.denoiser = bundle.openDenoiser(device, threads);
    this.decoder = bundle.openDecoder(device, threads);
    this.batch = new RowBatch(limits.maxBatchRows(), shape, bundle.diffusion());
  }

  /** Makes images. */
  public Result run(List<TrajectorySpec> specs) throws SessionException {
    Map<Integer, byte[]> files = new TreeMap<>();
    Map<Trajectory, Integer> places = new IdentityHashMap<>();
    Deque<Trajectory> inFlight = new ArrayDeque<>();
    List<Trajectory> done = new ArrayList<>();
    Iterator<TrajectorySpec> next = specs.iterator();
    long[] nanos = new long[2];
    int runs = 0;
    long rows = 0;
    int decodeBatch = decoder.batchSize(batch.shape(), limits.maxDecodeBatch());
    long start = System.nanoTime();
    while (next.hasNext() || !inFlight.isEmpty()) {
      while (next.hasNext() && inFlight.size() < limits.maxInFlight()) {
        Trajectory trajectory = bundle.diffusion().begin(next.next());
        places.put(trajectory, places.size());
        inFlight.add(trajectory);
      }
      nanos[0] += step(inFlight, done);
      runs++;
      rows += batch.rows();
      boolean last = inFlight.isEmpty() && !next.hasNext();
      while (done.size() >= decodeBatch || last && !done.isEmpty()) {
        int count = Math.min(done.size(), decodeBatch);
        nanos[1] += decode(done.subList(0, count), places, files);
        done.subList(0, count).clear();
      }
    }
    List<byte[]> ordered = List.copyOf(files.values());
    return new Result(ordered, System.nanoTime() - start, nanos[0], nanos[1], runs, rows);
  }

  /** Takes one step of those that have waited longest; returns the nanoseconds of the run. */
  private long step(Deque<Trajectory> inFlight, List<Trajectory> done) throws SessionException {
    batch.clear();
    for (Trajectory trajectory : inFlight) {
      batch.add(trajectory);
    }
    long start = System.nanoTime();
    denoiser.run(batch);
    long nanos = System.nanoTime() - start;
    batch.advance();
    List<Trajectory> members = batch.members();
    inFlight.removeAll(members);
    for (Trajectory trajectory : members) {
      (trajectory.isDone() ? done : inFlight).add(trajectory);
    }
    return nanos;
  }

  /** Decodes and encodes; returns the nanoseconds of the run. */
  private long decode(
      List<Trajectory> latents, Map<Trajectory, Integer> places, Map<Integer, byte[]> files)
      throws SessionException {
    LatentShape shape = batch.shape();
    long start = System.nanoTime();
    float[][] images =
        decoder.run(
            latents.stream().map(Trajectory::latent).toList(), shape, limits.maxDecodeBatch());
    long nanos = System.nanoTime() - start;
    int scale = bundle.imageScale();
    List<byte[]> encoded =
        Arrays.stream(images)
            .parallel()
            .map(image -> encoder.encode(image, scale * shape.height(), scale * shape.width()))
            .toList();
    for (int i = 0; i < images.length; i++) {
      files.put(places.get(latents.get(i)), encoded.get(i));
    }
    return nanos;
  }

  @Override
  public void close() {
    denoiser.close();
    decoder.close();
  }
}
