package io.digflink.operators;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** In a JVM that somebody else started, ONNX Runtime's telemetry leaves no trace. */
class TelemetryITCase {
  @TempDir Path directory;
  private Path home;
  private Path temporary;

  @BeforeEach
  void freshDirectories() throws IOException {
    home = Files.createDirectory(directory.resolve("home"));
    temporary = Files.createDirectory(directory.resolve("tmp"));
  }

  @Test
  void aSessionWritesNothingIntoTheHomeAndNoLogOfTelemetry() throws Exception {
    assertThat(run()).contains("session with inputs [x]");
    assertThat(filesIn(home)).isEmpty();
    assertThat(filesIn(temporary)).noneMatch(name -> name.contains("mat-debug"));
    assertThat(filesIn(temporary)).as("files of JNA").noneMatch(name -> name.contains("jna"));
  }

  @Test
  void whereItCannotBeSwitchedOffNoSessionIsOpened() throws Exception {
    assertThat(run("-Djna.nounpack=true"))
        .contains("ONNX Runtime would report its usage to its vendor")
        .contains("Start it with ORT_DISABLE_TELEMETRY=1 in its environment.")
        .doesNotContain("session with inputs");
    assertThat(filesIn(home)).isEmpty();
    assertThat(filesIn(temporary)).isEmpty();
  }

  @Test
  void everythingGetsTheEnvironmentFromOnnxRuntime() throws Exception {
    Path checkout = Path.of(System.getProperty("dig.home"));
    try (Stream<Path> files = Files.walk(checkout)) {
      List<Path> callers =
          files
              .filter(file -> file.toString().endsWith(".java"))
              .filter(file -> !file.getFileName().toString().equals("OnnxRuntime.java"))
              .filter(TelemetryITCase::createsTheEnvironment)
              .toList();
      assertThat(callers).as("sources that bypass OnnxRuntime.environment()").isEmpty();
    }
  }

  private static boolean createsTheEnvironment(Path file) {
    try {
      return Files.readString(file).contains("OrtEnvironment." + "getEnvironment");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private String run(String... jvmArguments) throws Exception {
    Path output = directory.resolve("output");
    Process process = OpensASession.start(home, temporary, output, jvmArguments);
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).as("ended in time").isTrue();
    return Files.readString(output);
  }

  private static List<String> filesIn(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      return files
          .filter(Files::isRegularFile)
          .map(file -> directory.relativize(file).toString())
          .toList();
    }
  }
}
