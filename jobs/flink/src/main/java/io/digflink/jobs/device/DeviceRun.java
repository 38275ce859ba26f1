package io.digflink.jobs.device;

import io.digflink.runtime.session.OutOfDeviceMemoryException;
import io.digflink.runtime.session.SessionException;
import java.util.List;
import java.util.concurrent.locks.Lock;

/**
 * One run of a graph over images of one key. It is computed on the device thread and read on the
 * task's thread afterwards.
 *
 * @param <T> an image as the operator holds it
 */
public abstract class DeviceRun<T> {
  private final String graph;
  private final BatchKey key;
  private final List<T> images;
  private long nanos;
  private SessionException failure;

  /**
   * @param graph name of the graph for messages
   * @param images at least one
   */
  protected DeviceRun(String graph, BatchKey key, List<T> images) {
    this.graph = graph;
    this.key = key;
    this.images = images;
  }

  /**
   * Computes the results. No image may change: a snapshot may be taken meanwhile.
   *
   * @throws SessionException if the device fails on this batch
   */
  protected abstract void compute() throws SessionException;

  /** Moves the images on by what was computed. No snapshot is taken meanwhile. */
  protected void moveImages() {
    // Where nothing held changes before a run is taken in.
  }

  /** Rows of the graph's input. */
  public abstract int rows();

  /** Whether the same images can go in runs of fewer rows. */
  protected abstract boolean canShrink();

  /**
   * Executes it.
   *
   * @param snapshots held while images move
   */
  final void execute(Lock snapshots) {
    long start = System.nanoTime();
    try {
      compute();
      snapshots.lock();
      try {
        moveImages();
      } finally {
        snapshots.unlock();
      }
    } catch (SessionException e) {
      failure = e;
    }
    nanos = System.nanoTime() - start;
  }

  /** Name of the graph. */
  public final String graph() {
    return graph;
  }

  public final BatchKey key() {
    return key;
  }

  public final List<T> images() {
    return images;
  }

  /** Duration in nanoseconds. */
  public final long nanos() {
    return nanos;
  }

  /** Why the run failed, or null. */
  public final SessionException failure() {
    return failure;
  }

  /** Whether it failed because the device has too little memory for it. */
  public final boolean isOutOfMemory() {
    return failure instanceof OutOfDeviceMemoryException;
  }
}
