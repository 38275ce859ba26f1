package io.digflink.runtime.session;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtProvider;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * The devices that an option names:
 *
 * <ul>
 *   <li>{@code cpu}: the CPU; {@code cpu:0,1}: the CPU twice, with sessions of their own
 *   <li>{@code cuda}: all GPUs of this host; {@code cuda:0,2}: these of them
 *   <li>{@code auto}: all GPUs of this host; the CPU where there are none, or where this build of
 *       ONNX Runtime has no CUDA provider
 * </ul>
 */
public final class Devices {
  private static final Pattern LISTED = Pattern.compile("(cpu|cuda):(\\d{1,3}(?:,\\d{1,3})*)");

  private Devices() {}

  /**
   * Checks a name without asking which devices there are.
   *
   * @throws IllegalArgumentException if it names no devices
   */
  public static void check(String name) {
    if (!List.of("auto", "cpu", "cuda").contains(name)) {
      listed(name);
    }
  }

  /**
   * The devices of a name, at least one, on the host where this is called.
   *
   * @throws IllegalArgumentException if it names no devices
   */
  public static List<Device> of(String name) {
    return switch (name) {
      case "cpu" -> List.of(Device.CPU);
      // Without one the session says what is missing.
      case "cuda" -> gpus(Math.max(1, Gpus.count()));
      case "auto" -> hasCuda() ? gpus(Gpus.count()) : List.of(Device.CPU);
      default -> listed(name);
    };
  }

  private static boolean hasCuda() {
    return Gpus.count() > 0 && OrtEnvironment.getAvailableProviders().contains(OrtProvider.CUDA);
  }

  private static List<Device> gpus(int count) {
    return IntStream.range(0, count).mapToObj(Device::cuda).toList();
  }

  private static List<Device> listed(String name) {
    Matcher listed = LISTED.matcher(name);
    if (!listed.matches()) {
      throw new IllegalArgumentException(
          "Expected a device of auto, cpu, cuda or numbered ones such as cuda:0,2, found \""
              + name
              + "\"");
    }
    OrtProvider provider = listed.group(1).equals("cpu") ? OrtProvider.CPU : OrtProvider.CUDA;
    int[] numbers = Arrays.stream(listed.group(2).split(",")).mapToInt(Integer::parseInt).toArray();
    if (Arrays.stream(numbers).distinct().count() < numbers.length) {
      throw new IllegalArgumentException(
          "Expected each device once, found \"" + name + "\": name each number once");
    }
    return Arrays.stream(numbers).mapToObj(number -> new Device(provider, number)).toList();
  }
}
