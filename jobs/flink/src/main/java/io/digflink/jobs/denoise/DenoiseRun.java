package io.digflink.jobs.denoise;

import io.digflink.runtime.sampling.RowBatch;
import io.digflink.runtime.session.DenoiserSession;
import io.digflink.runtime.session.OutOfDeviceMemoryException;
import io.digflink.runtime.session.SessionException;
import java.util.List;
import java.util.concurrent.Callable;

/** One step of a batch of images: runs the denoiser and moves every image by one step. */
final class DenoiseRun implements Callable<Void> {
  private final List<ImageInFlight> images;
  private final RowBatch batch;
  private final DenoiserSession session;
  private long nanos;
  private boolean outOfMemory;
  private SessionException failure;

  /**
   * @param images the images, of one key
   * @param batch takes their rows
   */
  DenoiseRun(List<ImageInFlight> images, RowBatch batch, DenoiserSession session) {
    this.images = images;
    this.batch = batch;
    this.session = session;
  }

  @Override
  public Void call() {
    long start = System.nanoTime();
    batch.clear();
    for (ImageInFlight image : images) {
      if (!batch.add(image.trajectory())) {
        throw new IllegalStateException(
            "Expected images that fit into a batch of " + batch.capacity() + " rows");
      }
    }
    try {
      session.run(batch);
      batch.advance();
    } catch (OutOfDeviceMemoryException e) {
      outOfMemory = true;
    } catch (SessionException e) {
      failure = e;
    }
    nanos = System.nanoTime() - start;
    return null;
  }

  List<ImageInFlight> images() {
    return images;
  }

  int rows() {
    return batch.rows();
  }

  /** Duration in nanoseconds. */
  long nanos() {
    return nanos;
  }

  /** Whether the device had no memory for the batch; then no image has moved. */
  boolean isOutOfMemory() {
    return outOfMemory;
  }

  /** Why the run failed, or null; then no image has moved. */
  SessionException failure() {
    return failure;
  }
}
