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

  @Test
  void anUnfinishedDirectoryOfAnotherFormatVersionIsRefused() throws Exception {
    OutputDirectory.open(temporary, identity(1)).close();

    assertThatThrownBy(
            () ->
                OutputDirectory.open(temporary, identity(1).put(OutputDirectory.FORMAT_VERSION, 2)))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("Expected an unfinished data set of format version 2 at")
        .hasMessageContaining("found version 1: another version of dig-flink has begun it");
  }

  @Test
  void aCompleteDirectoryOfAnEarlierFormatVersionIsStillComplete() throws Exception {
    try (OutputDirectory directory = OutputDirectory.open(temporary, identity(1))) {
      directory.complete(identity(1).put(OutputDirectory.FORMAT_VERSION, 1));
    }

    ObjectNode now = identity(1).put(OutputDirectory.FORMAT_VERSION, 2);
    try (OutputDirectory directory = OutputDirectory.open(temporary, now)) {
      assertThat(directory.isComplete()).isTrue();
    }
  }

  @Test
  void whatTurnsOutImpossibleLeavesTheDirectoryToAnotherSpecification() throws Exception {
    try (OutputDirectory directory = OutputDirectory.open(temporary, identity(1))) {
      directory.abandon();
    }

    OutputDirectory.open(temporary, identity(2)).close();
    try (OutputDirectory begun = OutputDirectory.open(temporary, identity(2))) {
      begun.abandon(); // begun by the earlier call: kept
    }
    assertThatThrownBy(() -> OutputDirectory.open(temporary, identity(1)))
        .hasMessageContaining("spec.seed: 2 there, 1 here");
  }

  @Test
  void theFreeSpaceOfAnOrdinaryDiskIsKnown() throws Exception {
    try (OutputDirectory directory = OutputDirectory.open(temporary, identity(1))) {
      assertThat(directory.usableBytes()).isPresent();
      assertThat(directory.warning()).isEmpty();
    }
  }

  private static ObjectNode identity(int seed) {
    ObjectNode identity = WorkFiles.JSON.createObjectNode();
    identity.putObject("spec").put("seed", seed);
    return identity;
  }
}
