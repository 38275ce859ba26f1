package io.digflink.lab.faults.network;

import io.digflink.lab.cluster.Host;
import io.digflink.lab.faults.Fault;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A process's clock, which libfaketime sets: the time of day jumps, monotonic time does not.
 *
 * @param library that is loaded before all others
 * @param file says how far the clock is off
 */
record FakeClock(Path library, Path file) {
  private static final Path LIBRARIES = Path.of("/usr/lib");
  private static final String LIBRARY = "faketime/libfaketimeMT.so.1";
  private static final int SECONDS = 10;

  /**
   * A clock that is right for now; empty where libfaketime is not installed.
   *
   * @param file is written
   */
  static Optional<FakeClock> find(Path file) throws IOException {
    Optional<Path> library;
    try (Stream<Path> folders = Files.list(LIBRARIES)) {
      library = folders.map(folder -> folder.resolve(LIBRARY)).filter(Files::exists).findFirst();
    }
    if (library.isEmpty()) {
      return Optional.empty();
    }
    FakeClock clock = new FakeClock(library.get(), file);
    clock.set("+0");
    return Optional.of(clock);
  }

  private void set(String offset) throws IOException {
    Files.writeString(file, offset + "\n");
  }

  /** The host with this clock. */
  Host on(Host host) {
    List<String> prefix = new ArrayList<>(host.prefix());
    prefix.addAll(
        List.of(
            "env",
            "LD_PRELOAD=" + library,
            "FAKETIME_TIMESTAMP_FILE=" + file,
            "FAKETIME_CACHE_DURATION=1",
            "FAKETIME_DONT_FAKE_MONOTONIC=1",
            // With the fix the timed waits of a JVM end too early.
            "FAKETIME_FORCE_MONOTONIC_FIX=0"));
    return new Host(host.address(), prefix);
  }

  /**
   * The clock jumps, and after a while jumps back. Recovery is counted from the jump back, since
   * the JobManager's own clock says when a checkpoint was begun.
   */
  Fault jump(String offset) {
    return run -> {
      set(offset);
      try {
        TimeUnit.SECONDS.sleep(SECONDS);
      } finally {
        set("+0");
      }
      return System.currentTimeMillis();
    };
  }
}
