package io.digflink.train;

import static org.assertj.core.api.Assertions.assertThat;

import io.digflink.tools.Tool;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Runs the training recipe's own tests, with a Python that has PyTorch and NumPy. */
class TrainingRecipeITCase {
  private static final Path RECIPE = Path.of("../train");

  @TempDir private Path directory;

  @Test
  @Timeout(value = 10, unit = TimeUnit.MINUTES)
  void theRecipesTestsPass() throws Exception {
    Result tests = run(Tool.require("torch"), "-m", "unittest");
    assertThat(tests.status()).as(tests.output()).isZero();
    assertThat(tests.output()).containsPattern("Ran [1-9][0-9]* tests").endsWith("OK\n");
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
    Process process = builder.start();
    try {
      int status = process.waitFor();
      return new Result(status, Files.readString(output, StandardCharsets.UTF_8));
    } finally {
      process.destroyForcibly();
    }
  }
}
