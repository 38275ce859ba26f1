package io.digflink.tests.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.digflink.tests.support.TestModels;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a process of the command line leaves behind. */
@Timeout(value = 300, unit = TimeUnit.SECONDS)
class DigProcessITCase {
  private static final int INTERRUPTED = 130;

  @TempDir private Path directory;
  private Path temporary;
  private Path state;

  @BeforeEach
  void prepare() throws Exception {
    temporary = Files.createDirectory(directory.resolve("tmp"));
    state = directory.resolve("state");
    TestModels.exportPlain(directory.resolve("models"));
  }

  @Test
  void nothingIsLeftAfterCtrlC() throws Exception {
    Process demo = startDemo();
    assertThat(entries(temporary)).hasSize(1);

    new ProcessBuilder("sh", "-c", "kill -INT " + demo.pid()).start().waitFor();

    assertThat(demo.waitFor()).isEqualTo(INTERRUPTED);
    assertThat(entries(temporary)).isEmpty();
  }

  @Test
  void aStartRemovesWhatAKilledProcessLeft() throws Exception {
    Process killed = startDemo();
    killed.destroyForcibly().waitFor();
    assertThat(entries(temporary)).hasSize(1);
    Path ofALivingProcess =
        Files.createDirectory(temporary.resolve("dig-" + ProcessHandle.current().pid() + "-x"));
    Path ofSomebodyElse = Files.createDirectory(temporary.resolve("digital-1-x"));

    assertThat(dig("inspect", directory.resolve("models/plain").toString()).waitFor()).isZero();

    assertThat(entries(temporary)).containsExactly(ofALivingProcess, ofSomebodyElse);
  }

  @Test
  void aFailureNamesTheLogFileWithTheStackTrace() throws Exception {
    Process failing = dig("inspect", directory.resolve("nowhere").toString());
    List<String> said = lines(failing);

    assertThat(failing.waitFor()).isEqualTo(1);
    Path log = entries(state.resolve("dig-flink")).get(0);
    assertThat(said).hasSize(2).last().isEqualTo("The whole log is in " + log);
    assertThat(log).content().contains("Failed", said.get(0), "\tat io.digflink.");
  }

  /** A demo that has shown its images and stays. */
  private Process startDemo() throws IOException {
    Process demo =
        dig(
            "demo",
            "--keep",
            "--images=2",
            "--models=" + directory.resolve("models"),
            "--out=" + directory.resolve("demo"));
    List<String> said = new ArrayList<>();
    BufferedReader reader = demo.inputReader(StandardCharsets.UTF_8);
    for (String line = ""; line != null; line = reader.readLine()) {
      said.add(line);
      if (line.contains("until you press Ctrl-C")) {
        return demo;
      }
    }
    throw new AssertionError("The demo ended: " + said);
  }

  /** Starts a command as the launcher does. */
  private Process dig(String... arguments) throws IOException {
    String launch =
        "temporary=$(mktemp -d \"$TMPDIR/dig-$$-XXXXXX\"); java=$1; shift;"
            + " exec \"$java\" -Djava.io.tmpdir=\"$temporary\" \"$@\"";
    List<String> command = new ArrayList<>(List.of("bash", "-c", launch, "dig"));
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("@" + Path.of(System.getProperty("dig.home"), "jobs", "jvm.args"));
    command.add("-Dlog4j2.configurationFile=dig-log4j2.properties");
    command.add("-cp");
    command.add(
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")));
    command.add("io.digflink.cli.Dig");
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("TMPDIR", temporary.toString());
    builder.environment().put("ORT_DISABLE_TELEMETRY", "1"); // it writes files of its own
    builder.environment().put("XDG_STATE_HOME", state.toString());
    return builder.start();
  }

  private static List<String> lines(Process process) throws IOException {
    return process.inputReader(StandardCharsets.UTF_8).lines().toList();
  }

  private static List<Path> entries(Path directory) throws IOException {
    try (Stream<Path> entries = Files.list(directory)) {
      return entries.sorted().toList();
    }
  }
}
