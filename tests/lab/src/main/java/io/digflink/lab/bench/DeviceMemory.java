package io.digflink.lab.bench;

import io.digflink.runtime.session.Device;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/**
 * Memory of a GPU in use as nvidia-smi sees it. It is asked before and after runs, never while they
 * are timed: its questions stop the driver for other processes.
 */
final class DeviceMemory {
  private static final long UNKNOWN = -1;

  private final Device device;
  private final long before;

  private DeviceMemory(Device device) {
    this.device = device;
    this.before = used();
  }

  /** Begins with what is in use now. */
  static DeviceMemory of(Device device) {
    return new DeviceMemory(device);
  }

  /**
   * Mebibytes in use beyond those at the beginning; −1 on a CPU or without nvidia-smi. ONNX
   * Runtime's arena and the operators' pools keep what they have taken, so after runs it is their
   * peak.
   */
  long mebibytes() {
    return before == UNKNOWN ? UNKNOWN : used() - before;
  }

  private long used() {
    if (!device.isCuda()) {
      return UNKNOWN;
    }
    try {
      Process process =
          new ProcessBuilder(
                  "nvidia-smi",
                  "--query-gpu=memory.used",
                  "--format=csv,noheader,nounits",
                  "-i",
                  "" + device.index())
              .redirectErrorStream(true)
              .start();
      String answer = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      return Long.parseLong(answer.strip());
    } catch (IOException | NumberFormatException e) {
      return UNKNOWN;
    }
  }
}
