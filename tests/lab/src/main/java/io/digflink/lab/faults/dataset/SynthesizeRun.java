package io.digflink.lab.faults.dataset;

import io.digflink.cli.Dig;
import io.digflink.lab.cluster.FlinkLibraries;
import io.digflink.lab.cluster.JvmProcess;
import io.digflink.lab.faults.Wait;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;

/** A {@code dig synthesize} in a JVM of its own. */
final class SynthesizeRun implements AutoCloseable {
  private static final Duration LONGEST = Duration.ofMinutes(5);

  private final Path out;
  private final JvmProcess process;

  private SynthesizeRun(Path out, JvmProcess process) {
    this.out = out;
    this.process = process;
  }

  /**
   * What is made.
   *
   * @param directory takes logs and temporary files
   * @param models directory of the bundles
   * @param specification the file that {@code --spec} names
   */
  record Command(Path directory, Path models, Path specification) {

    /** Starts it; nothing may be made yet. */
    SynthesizeRun start(Path out) throws IOException {
      Path log = Files.createTempFile(directory, "synthesize", ".log");
      JvmProcess process =
          new JvmProcess(
              log,
              List.of(
                  "-Xmx384m",
                  "-XX:+UseSerialGC",
                  "-XX:TieredStopAtLevel=1",
                  "-Djava.io.tmpdir=" + Files.createDirectories(directory.resolve("tmp")),
                  "-cp",
                  FlinkLibraries.all(),
                  Dig.class.getName(),
                  "synthesize",
                  "--spec=" + specification,
                  "--out=" + out,
                  "--models=" + models.toAbsolutePath(),
                  "--device=cpu",
                  "--threads=1",
                  "--batch-rows=8",
                  "--parallelism=2"));
      process.start();
      Runtime.getRuntime().addShutdownHook(new Thread(process::close));
      return new SynthesizeRun(out, process);
    }
  }

  /** Waits until more bytes are in the directory, or the process has ended. */
  void awaitMoreThan(long bytes) throws InterruptedException {
    Wait.until(
        () -> "more than " + bytes + " bytes in " + out + ", found " + size(out),
        LONGEST,
        () -> !process.isAlive() || size(out) > bytes);
  }

  boolean isAlive() {
    return process.isAlive();
  }

  void kill() {
    process.kill();
  }

  /** Waits for its end; returns its exit code. */
  int awaitEnd() throws InterruptedException {
    Wait.until("the end of dig synthesize in " + out, LONGEST, () -> !process.isAlive());
    return process.exitCode();
  }

  /**
   * Waits for its end.
   *
   * @return what it printed
   * @throws IllegalStateException if its exit code is another one
   */
  String expect(int exitCode) throws IOException, InterruptedException {
    if (awaitEnd() != exitCode) {
      throw new IllegalStateException(
          "Expected dig synthesize to end with "
              + exitCode
              + ", found "
              + process.exitCode()
              + ":\n"
              + process.log());
    }
    return process.log();
  }

  /** Bytes of the images in a directory; what is deleted meanwhile does not count. */
  static long size(Path directory) {
    if (!Files.exists(directory)) {
      return 0;
    }
    try (Stream<Path> files = Files.walk(directory)) {
      return files
          .filter(file -> !file.endsWith("identity.json"))
          .map(Path::toFile)
          .filter(File::isFile)
          .mapToLong(File::length)
          .sum();
    } catch (IOException | UncheckedIOException moved) {
      return 0;
    }
  }

  @Override
  public void close() {
    process.close();
  }
}
