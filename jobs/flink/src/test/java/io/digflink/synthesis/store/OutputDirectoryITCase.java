package io.digflink.synthesis.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OutputDirectoryITCase {
  @TempDir private Path temporary;

  @Test
  void aDirectoryOfSomethingElseIsLeftAlone() throws Exception {
    Files.writeString(temporary.resolve("thesis.tex"), "x");

    assertThatThrownBy(() -> OutputDirectory.open(temporary, identity(1)))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("Expected an empty directory or a data set of this command")
        .hasMessageContaining("found thesis.tex");
    assertThat(temporary.resolve(WorkFiles.WORK)).doesNotExist();
  }

  @Test
  void anUnfinishedDirectoryOfAnotherSpecificationIsRefusedWithTheDifference() throws Exception {
    OutputDirectory.open(temporary, identity(1)).close();

    assertThatThrownBy(() -> OutputDirectory.open(temporary, identity(2)))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("spec.seed: 1 there, 2 here");
  }

  @Test
  void aCompleteDirectoryOfAnotherSpecificationIsRefusedWithTheDifference() throws Exception {
    try (OutputDirectory directory = OutputDirectory.open(temporary, identity(1))) {
      directory.complete(identity(1));
    }
    assertThat(temporary.resolve(WorkFiles.WORK)).doesNotExist();

    assertThatThrownBy(() -> OutputDirectory.open(temporary, identity(2)))
        .hasMessageContaining("spec.seed: 1 there, 2 here");
    try (OutputDirectory directory = OutputDirectory.open(temporary, identity(1))) {
      assertThat(directory.isComplete()).isTrue();
    }
  }

  @Test
  void twoProcessesCannotWorkInOneDirectory() throws Exception {
    try (OutputDirectory directory = OutputDirectory.open(temporary, identity(1))) {
      assertThat(directory.isComplete()).isFalse();
      assertThatThrownBy(() -> OutputDirectory.open(temporary, identity(1)))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("another process is making a data set there");
    }
    OutputDirectory.open(temporary, identity(1)).close();
  }

  @Test
  void aDirectoryThatCannotBeMadeIsToldAtOnce() throws Exception {
    Path file = Files.writeString(temporary.resolve("file"), "x");

    assertThatThrownBy(() -> OutputDirectory.open(file.resolve("sub"), identity(1)))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("Expected a directory that can be written at");
  }

  private static ObjectNode identity(int seed) {
    ObjectNode identity = WorkFiles.JSON.createObjectNode();
    identity.putObject("spec").put("seed", seed);
    return identity;
  }
}
