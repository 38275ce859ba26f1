package io.digflink.runtime.session;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtProvider;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where sessions run.
 *
 * @param provider the execution provider, CPU or CUDA
 * @param index number of the GPU; 0 for the CPU
 */
public record Device(OrtProvider provider, int index) {
  /** The CPU. */
  public static final Device CPU = new Device(OrtProvider.CPU, 0);

  private static final Pattern CUDA = Pattern.compile("cuda(?::(\\d{1,3}))?");

  public Device {
    if (provider != OrtProvider.CPU && provider != OrtProvider.CUDA) {
      throw new IllegalArgumentException("Expected the CPU or CUDA provider, found " + provider);
    }
    if (index < 0 || provider == OrtProvider.CPU && index > 0) {
      throw new IllegalArgumentException("There is no " + provider + " device " + index);
    }
  }

  /** A GPU by its number. */
  public static Device cuda(int index) {
    return new Device(OrtProvider.CUDA, index);
  }

  /**
   * The device of a name.
   *
   * @param name {@code cpu}, {@code cuda}, {@code cuda:N}, or {@code auto}: the first GPU where
   *     this build of ONNX Runtime has the CUDA provider, else the CPU
   * @throws IllegalArgumentException if it is none of these
   */
  public static Device of(String name) {
    Matcher cuda = CUDA.matcher(name);
    if (cuda.matches()) {
      return cuda(cuda.group(1) == null ? 0 : Integer.parseInt(cuda.group(1)));
    }
    return switch (name) {
      case "cpu" -> CPU;
      case "auto" ->
          OrtEnvironment.getAvailableProviders().contains(OrtProvider.CUDA) ? cuda(0) : CPU;
      default ->
          throw new IllegalArgumentException(
              "Expected a device of cpu, cuda, cuda:N or auto, found \"" + name + "\"");
    };
  }

  /**
   * Rows of a denoiser run that suit the device. On two CPU cores a row of the demo model takes 2.8
   * ms alone, 1.8 ms among 4 to 12, and 2.2 ms among 32, whose activations no longer fit into the
   * cache; a GPU needs many rows to be busy.
   */
  public int suitableRows() {
    return isCuda() ? 32 : 8;
  }

  /** Whether it is a GPU. */
  public boolean isCuda() {
    return provider == OrtProvider.CUDA;
  }

  @Override
  public String toString() {
    return isCuda() ? "cuda:" + index : "cpu";
  }
}
