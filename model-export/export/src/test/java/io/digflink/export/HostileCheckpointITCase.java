package io.digflink.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.digflink.bundle.Precision;
import io.digflink.export.checkpoint.HostileFiles;
import io.digflink.export.oracle.Golden;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Checkpoints that are not what they claim, through the command. */
class HostileCheckpointITCase {
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
        "storage '0' claims 1099511627776 elements of FLOAT32, but its record has 32");
  }

  @Test
  void aTruncatedCheckpointIsRefused() throws Exception {
    byte[] whole = Files.readAllBytes(Golden.of("dit").checkpointFile());
    byte[] half = Arrays.copyOf(whole, whole.length / 2);
    assertRefused(half, "is truncated; copy it again");
  }

  /** The message, and nothing written. */
  private void assertRefused(byte[] checkpoint, String... messages) throws Exception {
    Path file = Files.write(directory.resolve("model.pt"), checkpoint);
    ExportRequest request =
        new ExportRequest(
            Optional.of(file),
            OptionalLong.empty(),
            Optional.empty(),
            directory.resolve("bundle"),
            Optional.empty(),
            ExportRequest.WeightChoice.BEST,
            Optional.of("DiG-S/2"),
            Optional.empty(),
            Precision.FP32,
            Optional.empty(),
            List.of(),
            false);

    assertThatThrownBy(() -> new Exporter(request, line -> {}).export())
        .isInstanceOfAny(IOException.class, IllegalArgumentException.class)
        .hasMessageContaining("model.pt")
        .hasMessageContainingAll(messages);
    try (var files = Files.list(directory)) {
      assertThat(files).containsExactly(file);
    }
  }
}
