package io.digflink.tests.synthesis;

import static org.assertj.core.api.Assertions.assertThat;

import io.digflink.cli.Dig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** A {@code dig synthesize} in a JVM of its own. */
final class SynthesizeProcess {
  private static final int LONGEST_SECONDS = 180;
  private static final int POLL_MILLIS = 20;

  private final Process process;
  private final Path output;

  private SynthesizeProcess(Process process, Path output) {
    this.process = process;
    this.output = output;
  }

  static SynthesizeProcess start(Path spec, Path out, int parallelism) throws IOException {
    Path output = Files.createTempFile(spec.getParent(), "synthesize", ".log");
    return new SynthesizeProcess(
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "@../jobs/jvm.args",
                "-Xmx512m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                Dig.class.getName(),
                "synthesize",
                "--spec=" + spec,
                "--out=" + out,
                "--models=" + spec.resolveSibling("models"),
                "--device=cpu",
                "--threads=1",
                "--batch-rows=8",
                "--parallelism=" + parallelism)
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start(),
        output);
  }

  /** Waits for the end, which must come with an exit code; returns what was printed. */
  String expect(int exitCode) throws Exception {
    assertThat(process.waitFor(LONGEST_SECONDS, TimeUnit.SECONDS)).describedAs(log()).isTrue();
    assertThat(process.exitValue()).describedAs(log()).isEqualTo(exitCode);
    return log();
  }

  /** Kills the process without warning as soon as something is so. */
  void killWhen(BooleanSupplier condition) throws Exception {
    while (!condition.getAsBoolean()) {
      assertThat(process.waitFor(POLL_MILLIS, TimeUnit.MILLISECONDS)).describedAs(log()).isFalse();
    }
    process.destroyForcibly().waitFor();
  }

  private String log() throws IOException {
    return Files.readString(output);
  }
}
