package io.digflink.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Runs the training recipe's own tests if there is a Python with PyTorch and NumPy. */
class TrainingRecipeITCase {
  private static final Path RECIPE = Path.of("../train");

  /** The first one on the path, and Debian's, which has Debian's packages. */
  private static final List<String> PYTHONS = List.of("python3", "/usr/bin/python3");

  @TempDir private Path directory;

  @Test
  @Timeout(value = 10, unit = TimeUnit.MINUTES)
  void theRecipesTestsPass() throws Exception {
    Optional<String> python = findPython();
    assumeTrue(
        python.isPresent(),
        "none of "
            + PYTHONS
            + " imports torch and numpy: the training recipe was not tested (Debian: apt-get"
            + " install python3-torch python3-numpy)");
    Result tests = run(python.get(), "-m", "unittest");
    assertThat(tests.status()).as(tests.output()).isZero();
    assertThat(tests.output()).containsPattern("Ran [1-9][0-9]* tests").endsWith("OK\n");
  }

  private Optional<String> findPython() throws IOException, InterruptedException {
    for (String python : PYTHONS) {
      if (run(python, "-c", "import torch, numpy").status() == 0) {
        return Optional.of(python);
      }
    }
    return Optional.empty();
  }

  /** A process' exit status, and its standard output and error together. */
  private record Result(int status, String output) {}

  private Result run(String... command) throws IOException, InterruptedException {
    Path output = directory.resolve("output.txt");
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(RECIPE.toFile())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile());
    builder.environment().put("PYTHONDONTWRITEBYTECODE", "1");
    Process process;
    try {
      process = builder.start();
    } catch (IOException e) {
      return new Result(127, e.getMessage()); // no such program: the exit status that a shell uses
    }
    try {
      int status = process.waitFor();
      return new Result(status, Files.readString(output, StandardCharsets.UTF_8));
    } finally {
      process.destroyForcibly();
    }
  }
}
