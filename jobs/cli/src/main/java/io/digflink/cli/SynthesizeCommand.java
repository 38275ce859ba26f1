package io.digflink.cli;

import io.digflink.cli.embedded.EmbeddedFlink;
import io.digflink.synthesis.DatasetRun;
import io.digflink.synthesis.SynthesisCluster;
import io.digflink.synthesis.SynthesisOptions;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.apache.commons.io.file.PathUtils;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/**
 * {@code dig synthesize}: makes a labelled data set from a specification, on a cluster in this JVM.
 */
@Command(
    name = "synthesize",
    mixinStandardHelpOptions = true,
    description = {
      "Makes a labelled data set. Stopped at any moment, the same command continues where it was; the"
          + " finished directory is the same, byte for byte, at any parallelism.",
      "On a cluster: flink run -c io.digflink.synthesis.SynthesizeCommand dig-jobs.jar --spec FILE"
          + " --out DIR --models DIR, with these paths the same on every machine."
    },
    exitCodeListHeading = "Exit codes:%n",
    exitCodeList = {
      "0:the data set is complete",
      "1:it is not; the message says why",
      "2:wrong options or specification",
      "3:it is complete except for the images listed in failed.jsonl"
    })
public final class SynthesizeCommand implements Callable<Integer> {
  @Spec private CommandSpec command;

  @Mixin private SynthesisOptions options;

  @Mixin private ModelDirectory models;

  private final PrintStream console = System.out;

  @Override
  public Integer call() throws Exception {
    return new DatasetRun(
            options, () -> models.resolve(console::println), this::startCluster, console)
        .execute(command.commandLine().getErr());
  }

  private SynthesisCluster startCluster() throws Exception {
    Path temporary = Files.createTempDirectory("dig-synthesize");
    EmbeddedFlink flink = EmbeddedFlink.start(options.parallelism(), temporary);
    console.println("Dashboard: " + flink.dashboard());
    return new InThisJvm(flink, temporary);
  }

  /** A cluster that ends with the command, and its files with it. */
  private record InThisJvm(EmbeddedFlink flink, Path temporary) implements SynthesisCluster {
    @Override
    public StreamExecutionEnvironment environment() {
      URI dashboard = flink.dashboard();
      return StreamExecutionEnvironment.createRemoteEnvironment(
          dashboard.getHost(), dashboard.getPort());
    }

    @Override
    public void close() throws IOException {
      flink.close();
      PathUtils.deleteDirectory(temporary);
    }
  }
}
