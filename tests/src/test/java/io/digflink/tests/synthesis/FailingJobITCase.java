package io.digflink.tests.synthesis;

import static org.assertj.core.api.Assertions.assertThat;

import io.digflink.cli.embedded.EmbeddedFlink;
import io.digflink.synthesis.DatasetRun;
import io.digflink.synthesis.SynthesisCluster;
import io.digflink.synthesis.SynthesisOptions;
import io.digflink.tests.support.TestModels;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** A job that fails is reported with its cause and started again for what is missing. */
class FailingJobITCase {
  private static final int IMAGES = 20;
  private static final int SHARD = 5;

  @TempDir private Path directory;

  @Test
  void theCauseIsReportedAndTheProgressCountsWhatIsOnTheDisk() throws Exception {
    Result result = make(1);

    assertThat(result.code()).isZero();
    assertThat(result.output())
        .containsOnlyOnce("The job failed and starts again")
        .contains("The job failed and starts again (1 of 3): ")
        .contains(".json.new: Is a directory")
        .containsPattern("\\d+ of 20 images are there already")
        .contains("20 images in ");
    List<Integer> done =
        Pattern.compile("(\\d+) of 20 images")
            .matcher(result.output())
            .results()
            .map(MatchResult::group)
            .map(text -> Integer.valueOf(text.split(" ")[0]))
            .toList();
    assertThat(done).isSorted().allMatch(count -> count <= IMAGES).endsWith(IMAGES);
    assertThat(done.get(1)).isGreaterThanOrEqualTo(SHARD);
  }

  @Test
  void aJobThatKeepsFailingEndsTheCommandWithTheCause() throws Exception {
    Result result = make(Integer.MAX_VALUE);

    assertThat(result.code()).isEqualTo(1);
    assertThat(result.output()).contains("The job failed and starts again (3 of 3): ");
    assertThat(result.errors())
        .startsWith("The job failed: ")
        .contains(".json.new: Is a directory")
        .contains("What is made is kept: mend the cause and start the same command again");
  }

  private record Result(int code, String output, String errors) {}

  /** Makes a data set while directories lie where its shards are to be entered. */
  private Result make(int failingJobs) throws Exception {
    TestModels.exportPlain(directory.resolve("models"));
    Path out = directory.resolve("out");
    Path spec =
        Files.writeString(
            directory.resolve("spec.yaml"),
            """
            model: plain
            images: %d
            samplers: [{name: ddim, steps: 2}]
            image: {width: 32, height: 32}
            output: {format: webdataset, shard_size: %d, latents: true}
            """
                .formatted(IMAGES, SHARD));
    SynthesisOptions options = new SynthesisOptions();
    new CommandLine(
            CommandLine.Model.CommandSpec.create()
                .addMixin("options", CommandLine.Model.CommandSpec.forAnnotatedObject(options)))
        .parseArgs("--spec=" + spec, "--out=" + out, "--device=cpu", "--threads=1");
    ByteArrayOutputStream console = new ByteArrayOutputStream();
    StringWriter errors = new StringWriter();
    int code =
        new DatasetRun(
                options,
                () -> directory.resolve("models"),
                () -> new Obstructed(out, failingJobs, EmbeddedFlink.start(1, directory)),
                new PrintStream(console, true, StandardCharsets.UTF_8))
            .execute(new PrintWriter(errors));
    return new Result(code, console.toString(StandardCharsets.UTF_8), errors.toString());
  }

  /** A cluster whose first jobs find obstacles in the data set's directory. */
  private static final class Obstructed implements SynthesisCluster {
    private final Path temporary;
    private final EmbeddedFlink flink;
    private int failingJobs;

    Obstructed(Path out, int failingJobs, EmbeddedFlink flink) {
      this.temporary = out.resolve(".synthesis/temporary");
      this.failingJobs = failingJobs;
      this.flink = flink;
    }

    @Override
    public StreamExecutionEnvironment environment() {
      try {
        boolean fails = failingJobs-- > 0;
        for (int shard = 0; shard < IMAGES / SHARD; shard++) {
          Path obstacle = temporary.resolve(String.format("%05d.json.new", shard));
          if (fails) {
            Files.createDirectories(obstacle);
          } else {
            Files.deleteIfExists(obstacle);
          }
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      return StreamExecutionEnvironment.getExecutionEnvironment();
    }

    @Override
    public JobClient submit(StreamExecutionEnvironment environment) {
      return flink.client(flink.submit(environment));
    }

    @Override
    public void close() {
      flink.close();
    }
  }
}
