package io.digflink.synthesis;

import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * Makes a data set on the Flink cluster that this class is submitted to, as the entry class of the
 * job's jar. {@code dig synthesize} does the same on a cluster in its own process.
 */
@Command(
    name = "flink run -c io.digflink.synthesis.SynthesizeCommand dig-jobs.jar",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Makes a labelled data set on this Flink cluster. Stopped at any moment, the same command"
          + " continues where it was.",
      "All paths must be the same on every machine."
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

  @Option(
      names = "--models",
      paramLabel = "DIR",
      required = true,
      description = "Directory of the model bundles.")
  private Path models;

  @Option(names = "--cluster", hidden = true, description = "Accepted and ignored: implied here.")
  private boolean cluster;

  /** Runs the command as a job's main class. */
  public static void main(String[] arguments) {
    int code = new CommandLine(new SynthesizeCommand()).execute(arguments);
    // Flink's client calls this method: a System.exit after success would end it too early.
    if (code != DatasetRun.OK) {
      System.exit(code);
    }
  }

  @Override
  public Integer call() throws Exception {
    return new DatasetRun(options, () -> models, SubmittedTo::new, System.out)
        .execute(command.commandLine().getErr());
  }

  /** The cluster that the program was submitted to, which stays. */
  private static final class SubmittedTo implements SynthesisCluster {
    @Override
    public StreamExecutionEnvironment environment() {
      return StreamExecutionEnvironment.getExecutionEnvironment();
    }

    @Override
    public JobClient submit(StreamExecutionEnvironment environment) throws Exception {
      return environment.executeAsync();
    }

    @Override
    public void close() {}
  }
}
