package io.digflink.operators;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.digflink.tools.Tool;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The checks in C++ and CUDA, one program for each operator: its kernels against naive loops. CPU
 * checks run under AddressSanitizer and UBSan.
 */
class NativeChecksITCase {
  private static final Path SOURCES = Path.of("native");
  private static final Path PROGRAMS = Path.of(System.getProperty("operators.build"), "cmake");

  /** How a check says that this machine lacks what it needs. */
  private static final int SKIPPED = 77;

  @TempDir Path directory;

  static List<String> checks() throws IOException {
    return sources("tests")
        .map(file -> file.getFileName().toString())
        .filter(name -> name.matches("\\w+_check\\.(cpp|cu)"))
        .sorted()
        .toList();
  }

  @ParameterizedTest
  @MethodSource("checks")
  void kernelsAgreeWithNaiveLoops(String source) throws Exception {
    Path program = PROGRAMS.resolve(source.substring(0, source.indexOf('.')));
    if (source.endsWith(".cu")) {
      assumeTrue(
          Files.isExecutable(program),
          "Expected CUDA kernels, which are built only where there is nvcc: found none");
    } else {
      BuiltLibrary.require(Files.isExecutable(program));
    }
    Result result = run(List.of(program.toString()));
    assumeTrue(result.status != SKIPPED, result.output.strip());
    assertThat(result.status).as(result.output).isZero();
    assertThat(result.output).endsWith("0 failures\n");
  }

  @Test
  void sourcesAreFormatted() throws Exception {
    List<String> command =
        new ArrayList<>(List.of(Tool.require("clang-format"), "--dry-run", "-Werror"));
    sources(".")
        .filter(file -> file.toString().matches(".*\\.(h|cpp|cuh|cu|inc)"))
        .forEach(file -> command.add(file.toString()));
    Result result = run(command);
    assertThat(result.status).as(result.output).isZero();
  }

  private record Result(int status, String output) {}

  private Result run(List<String> command) throws Exception {
    Path output = directory.resolve("output");
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    int status = process.waitFor();
    return new Result(status, Files.readString(output));
  }

  private static Stream<Path> sources(String folder) throws IOException {
    try (Stream<Path> files = Files.walk(SOURCES.resolve(folder))) {
      return files.filter(Files::isRegularFile).toList().stream();
    }
  }
}
