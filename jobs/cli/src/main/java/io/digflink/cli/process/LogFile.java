package io.digflink.cli.process;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The log file of this run, {@code dig-TIME-PID.log} in {@code dig-flink} of the user's directory
 * for state ({@code XDG_STATE_HOME}, or else {@code ~/.local/state}). It is there from the first
 * line that is logged; the files of the last runs are kept.
 */
public final class LogFile {
  /** The system property that the logging configuration reads. */
  private static final String PROPERTY = "dig.log";

  private static final int KEPT = 20;

  private LogFile() {}

  /**
   * Names the file. To be called before anything logs.
   *
   * @param fallback the directory to use where the user's cannot be written
   */
  public static void open(Path fallback) {
    Path directory = writable(stateDirectory().resolve("dig-flink"), fallback);
    String time = DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss").format(LocalDateTime.now());
    String name = "dig-" + time + "-" + ProcessHandle.current().pid() + ".log";
    System.setProperty(PROPERTY, directory.resolve(name).toString());
  }

  /** The file, once something is in it. */
  public static Optional<Path> path() {
    return Optional.ofNullable(System.getProperty(PROPERTY)).map(Path::of).filter(Files::exists);
  }

  private static Path stateDirectory() {
    String given = System.getenv("XDG_STATE_HOME");
    return given != null && Path.of(given).isAbsolute()
        ? Path.of(given)
        : Path.of(System.getProperty("user.home"), ".local", "state");
  }

  private static Path writable(Path directory, Path fallback) {
    try {
      Files.createDirectories(directory);
      removeOld(directory);
      return Files.isWritable(directory) ? directory : fallback;
    } catch (IOException e) {
      return fallback;
    }
  }

  /** Keeps the newest: the names are in the order of their times. */
  private static void removeOld(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      List<Path> logs =
          files
              .filter(file -> file.getFileName().toString().matches("dig-\\d{8}-\\d{6}-.*\\.log.*"))
              .sorted(Comparator.reverseOrder())
              .toList();
      for (Path old : logs.subList(Math.min(KEPT, logs.size()), logs.size())) {
        Files.deleteIfExists(old);
      }
    }
  }
}
