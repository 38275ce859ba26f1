package io.digflink.runtime.sampling;

import io.digflink.operators.HostMemory;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The rows of one denoiser run: the next steps of any trajectories of one latent shape. Its direct
 * buffers and scratch are reused run after run. Create batches after opening the first CUDA
 * session: their buffers are then page-locked and copy faster.
 *
 * <pre>
 *   batch.clear(); while (batch.add(next)) …; session.run(batch); batch.advance();
 * </pre>
 *
 * Not thread-safe.
 */
public final class RowBatch {
  private final int capacity;
  private final LatentShape shape;
  private final int outputSize;
  private final FloatBuffer latents;
  private final FloatBuffer timesteps;
  private final LongBuffer labels;
  private final FloatBuffer output;
  private final boolean learnsVariance;
  private final List<Trajectory> members = new ArrayList<>();
  private final List<Scratch> scratch = new ArrayList<>();
  private int rows;

  /** What the step of one member needs. */
  private static final class Scratch {
    private final Prediction prediction;
    private final float[] unconditional;
    private final float[] noise;
    private int firstRow;

    Scratch(int size, boolean learnsVariance) {
      this.prediction = new Prediction(new float[size], learnsVariance ? new float[size] : null);
      this.unconditional = new float[size];
      this.noise = new float[size];
    }
  }

  /**
   * An empty batch.
   *
   * @param capacity maximum number of rows, at least 2 (a guided trajectory needs two)
   * @param shape shape of every latent in it
   */
  public RowBatch(int capacity, LatentShape shape, Diffusion diffusion) {
    if (capacity < 2) {
      throw new IllegalArgumentException(
          "Expected a batch of 2 rows or more (a guided image takes two), found " + capacity);
    }
    this.capacity = capacity;
    this.shape = shape;
    this.outputSize = diffusion.outputChannels() * shape.plane();
    this.latents = floats(capacity, shape.size());
    this.timesteps = floats(capacity, 1);
    this.labels = diffusion.classes() == 0 ? null : bytes(capacity, Long.BYTES).asLongBuffer();
    this.output = floats(capacity, outputSize);
    this.learnsVariance = diffusion.learnsVariance();
  }

  private static FloatBuffer floats(int rows, int size) {
    return bytes(rows, Math.multiplyExact(size, Float.BYTES)).asFloatBuffer();
  }

  private static ByteBuffer bytes(int rows, int rowBytes) {
    return HostMemory.direct(Math.multiplyExact(rows, rowBytes));
  }

  /** Maximum number of rows. */
  public int capacity() {
    return capacity;
  }

  /** Rows in it. */
  public int rows() {
    return rows;
  }

  /** Shape of every latent in it. */
  public LatentShape shape() {
    return shape;
  }

  /** The trajectories in it, in the order of their rows. */
  public List<Trajectory> members() {
    return Collections.unmodifiableList(members);
  }

  /** Empties it. */
  public void clear() {
    members.clear();
    rows = 0;
  }

  /**
   * Appends the rows of a trajectory's next step.
   *
   * @return false, and nothing changed, if they do not fit
   * @throws IllegalArgumentException if the trajectory is done or its latent has another shape
   */
  public boolean add(Trajectory trajectory) {
    if (trajectory.isDone() || !trajectory.spec().shape().equals(shape)) {
      throw new IllegalArgumentException(
          "Expected a trajectory of "
              + shape
              + " with steps to take, found "
              + trajectory.spec().shape()
              + " after "
              + trajectory.stepsDone()
              + " of "
              + trajectory.spec().steps());
    }
    int added = trajectory.rows();
    if (rows + added > capacity) {
      return false;
    }
    for (int row = 0; row < added; row++) {
      latents.put((rows + row) * shape.size(), trajectory.latent());
      timesteps.put(rows + row, trajectory.timestep());
      if (labels != null) {
        labels.put(rows + row, trajectory.label(row));
      }
    }
    if (members.size() == scratch.size()) {
      scratch.add(new Scratch(shape.size(), learnsVariance));
    }
    scratch.get(members.size()).firstRow = rows;
    members.add(trajectory);
    rows += added;
    return true;
  }

  /** Moves every trajectory one step by the output that a run has written, on all cores. */
  public void advance() {
    IntStream.range(0, members.size())
        .parallel()
        .forEach(member -> advance(members.get(member), scratch.get(member)));
  }

  private void advance(Trajectory trajectory, Scratch scratch) {
    int offset = scratch.firstRow * outputSize;
    Prediction prediction = scratch.prediction;
    output.get(offset, prediction.epsilon());
    if (learnsVariance) {
      output.get(offset + shape.size(), prediction.variance());
    }
    if (trajectory.rows() == 2) {
      output.get(offset + outputSize, scratch.unconditional);
    }
    trajectory.advance(prediction, scratch.unconditional, scratch.noise);
  }

  /** The network's input {@code latent}, [rows, C, H, W]. */
  public FloatBuffer latents() {
    return latents.slice(0, rows * shape.size());
  }

  /** The network's input {@code timestep}, [rows]. */
  public FloatBuffer timesteps() {
    return timesteps.slice(0, rows);
  }

  /** The network's input {@code label}, [rows], or null for a model without classes. */
  public LongBuffer labels() {
    return labels == null ? null : labels.slice(0, rows);
  }

  /** Where the network's output goes, [rows, C or 2C, H, W]. */
  public FloatBuffer output() {
    return output.slice(0, rows * outputSize);
  }

  /** Numbers in a row of the output. */
  public int outputSize() {
    return outputSize;
  }
}
