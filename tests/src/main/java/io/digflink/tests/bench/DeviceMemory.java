package io.digflink.tests.bench;

import io.digflink.runtime.session.Device;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicLong;

/** The most memory of a GPU in use since the watch began, asked of nvidia-smi again and again. */
final class DeviceMemory implements AutoCloseable {
  private static final long UNKNOWN = -1;
  private static final long PAUSE_MILLIS = 50;

  private final Device device;
  private final long before;
  private final AtomicLong peak;
  private final Thread watcher;

  private DeviceMemory(Device device) {
    this.device = device;
    this.before = used();
    this.peak = new AtomicLong(before);
    this.watcher = new Thread(this::poll, "device-memory");
    watcher.setDaemon(true);
    if (before != UNKNOWN) {
      watcher.start();
    }
  }

  static DeviceMemory watch(Device device) {
    return new DeviceMemory(device);
  }

  /** Mebibytes beyond those before the watch; −1 on a CPU or without nvidia-smi. */
  long peakMebibytes() {
    if (before == UNKNOWN) {
      return UNKNOWN;
    }
    // ONNX Runtime's arena keeps what it has: now is not less than the peak of earlier runs.
    return Math.max(peak.get(), used()) - before;
  }

  /** Mebibytes in use now beyond those before the watch; −1 where it is not known. */
  long mebibytes() {
    return before == UNKNOWN ? UNKNOWN : used() - before;
  }

  private void poll() {
    try {
      while (true) {
        long now = used();
        peak.accumulateAndGet(now, Math::max);
        Thread.sleep(PAUSE_MILLIS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
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

  @Override
  public void close() {
    watcher.interrupt();
  }
}
