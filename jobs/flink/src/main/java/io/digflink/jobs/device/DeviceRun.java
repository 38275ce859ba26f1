package io.digflink.jobs.device;

import io.digflink.runtime.session.OutOfDeviceMemoryException;
import io.digflink.runtime.session.SessionException;
import java.util.List;

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
   * Computes the results. If it throws, no image may have changed.
   *
   * @throws SessionException if the device fails on this batch
   */
  protected abstract void compute() throws SessionException;

  /** Rows of the graph's input. */
  public abstract int rows();

  /** Whether the same images can go in runs of fewer rows. */
  protected abstract boolean canShrink();

  final void execute() {
    long start = System.nanoTime();
    try {
      compute();
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
