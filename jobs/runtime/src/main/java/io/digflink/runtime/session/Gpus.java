package io.digflink.runtime.session;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** How many GPUs this process sees. CUDA numbers them from 0, whatever the host calls them. */
final class Gpus {
  private static final Path DEVICES = Path.of("/dev");

  private Gpus() {}

  static int count() {
    return count(System.getenv("CUDA_VISIBLE_DEVICES"), DEVICES);
  }

  /**
   * Counts them without starting CUDA, which would take memory on each.
   *
   * @param visible value of CUDA_VISIBLE_DEVICES, or null
   * @param devices directory of the device files
   */
  static int count(String visible, Path devices) {
    int present = present(devices);
    return visible == null ? present : Math.min(present, listed(visible));
  }

  /** CUDA hides the GPUs from the first entry on that names none. */
  private static int listed(String visible) {
    int count = 0;
    for (String entry : visible.split(",")) {
      if (entry.isBlank() || entry.strip().startsWith("-")) {
        break;
      }
      count++;
    }
    return count;
  }

  private static int present(Path devices) {
    int count = 0;
    try (DirectoryStream<Path> files = Files.newDirectoryStream(devices, "nvidia[0-9]*")) {
      for (Path file : files) {
        count += file.getFileName().toString().matches("nvidia\\d+") ? 1 : 0;
      }
    } catch (IOException e) {
      return 0;
    }
    // Under WSL all GPUs are behind one file.
    return count == 0 && Files.exists(devices.resolve("dxg")) ? 1 : count;
  }
}
