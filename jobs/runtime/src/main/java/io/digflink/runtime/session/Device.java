package io.digflink.runtime.session;

import ai.onnxruntime.OrtProvider;

/**
 * Where sessions run.
 *
 * @param provider the execution provider, CPU or CUDA
 * @param index number of the GPU as CUDA counts; of the CPU it tells apart sessions that share
 *     nothing
 */
public record Device(OrtProvider provider, int index) {
  /** The CPU. */
  public static final Device CPU = new Device(OrtProvider.CPU, 0);

  public Device {
    if (provider != OrtProvider.CPU && provider != OrtProvider.CUDA) {
      throw new IllegalArgumentException("Expected the CPU or CUDA provider, found " + provider);
    }
    if (index < 0) {
      throw new IllegalArgumentException("There is no " + provider + " device " + index);
    }
  }

  /** A GPU by its number. */
  public static Device cuda(int index) {
    return new Device(OrtProvider.CUDA, index);
  }

  /**
   * The only device of a name, or the first of several.
   *
   * @param name as {@link Devices} reads it
   * @throws IllegalArgumentException if it names no device
   */
  public static Device of(String name) {
    return Devices.of(name).get(0);
  }

  /** Whether it is a GPU. */
  public boolean isCuda() {
    return provider == OrtProvider.CUDA;
  }

  @Override
  public String toString() {
    return isCuda() ? "cuda:" + index : index == 0 ? "cpu" : "cpu:" + index;
  }
}
