package io.digflink.export;

import static org.assertj.core.api.Assertions.assertThat;

import io.digflink.export.checkpoint.HostileFiles;
import io.digflink.export.oracle.Golden;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** Checkpoints that are not what they claim, through the command. */
class HostileCheckpointTest {
  @TempDir Path directory;

  @Test
  void aCallToTheShellIsNamedAndNotMade() throws Exception {
    Path mark = directory.resolve("owned");
    byte[] file = HostileFiles.callsTheShell("touch " + mark);
    assertRefused(file, "it refers to posix.system, which is not data", "Nothing was executed");
    assertThat(mark).doesNotExist();
  }

  @Test
  void aBombOfNestedTuplesIsRefused() throws Exception {
    assertRefused(HostileFiles.nestedTuples(), "containers are nested more than 64 deep");
  }

  @Test
  void aForgedSizeIsRefused() throws Exception {
    assertRefused(
        HostileFiles.forgedSize(),
        "storage '0' is said to have 1099511627776 elements of FLOAT32, but its record has 32");
  }

  @Test
  void aTruncatedCheckpointIsRefused() throws Exception {
    byte[] whole = Files.readAllBytes(Golden.of("dit").checkpointFile());
    byte[] half = Arrays.copyOf(whole, whole.length / 2);
    assertRefused(half, "is truncated; copy it again");
  }

  /** Exit code 1, the message, no stack trace, and nothing written. */
  private void assertRefused(byte[] checkpoint, String... messages) throws Exception {
    Path file = Files.write(directory.resolve("model.pt"), checkpoint);
    Path out = directory.resolve("bundle");
    StringWriter err = new StringWriter();
    CommandLine command =
        new CommandLine(new ExportCommand())
            .setErr(new PrintWriter(err))
            .setOut(new PrintWriter(new StringWriter()));

    int exitCode = command.execute(file.toString(), "--model", "DiG-S/2", "--out", out.toString());

    assertThat(exitCode).isEqualTo(1);
    assertThat(err.toString()).contains("model.pt").contains(messages).doesNotContain("\tat ");
    try (var files = Files.list(directory)) {
      assertThat(files).containsExactly(file);
    }
  }
}
