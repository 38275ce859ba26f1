package io.digflink.cli;

import io.digflink.cli.embedded.EmbeddedFlink;
import io.digflink.runtime.session.Device;
import io.digflink.synthesis.DatasetRun;
import io.digflink.synthesis.SynthesisCluster;
import io.digflink.synthesis.SynthesisOptions;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.apache.commons.io.file.PathUtils;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * {@code dig synthesize}: makes a labelled data set from a specification, on a cluster in this JVM.
 */
@Command(
    name = "synthesize",
    mixinStandardHelpOptions = true,
    description = {
      "Make a labelled data set. If it is stopped, the same command continues where it was; the"
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
  @Mixin private DashboardHost host;

  private final PrintStream console = System.out;

  @Override
  public Integer call() throws Exception {
    List<Device> devices = devices();
    if (options.parallelism() < 1) {
      throw new ParameterException(
          command.commandLine(),
          "Expected --parallelism of 1 or more, found " + options.parallelism());
    }
    String address = host.address();
    PrintWriter err = command.commandLine().getErr();
    int code =
        new DatasetRun(
                options,
                () -> models.resolve(console::println),
                () -> InThisJvm.start(options.parallelism(), address, devices, console),
                console)
            .execute(err);
    if (code == ExitCode.SOFTWARE) {
      FailureReport.nameLog(err);
    }
    return code;
  }

  private List<Device> devices() {
    try {
      return options.useDevicesOfThisHost();
    } catch (IllegalArgumentException e) {
      throw new ParameterException(command.commandLine(), e.getMessage(), e);
    }
  }

  /** A cluster that ends with the command, and its files with it. */
  private record InThisJvm(EmbeddedFlink flink, Path temporary) implements SynthesisCluster {
    static InThisJvm start(int slots, String address, List<Device> devices, PrintStream console)
        throws Exception {
      Path temporary = Files.createTempDirectory("dig-synthesize");
      EmbeddedFlink flink = EmbeddedFlink.start(slots, temporary, address);
      console.println("Devices: " + DeviceList.used(devices, slots));
      console.println("Dashboard: " + flink.dashboard());
      return new InThisJvm(flink, temporary);
    }

    @Override
    public StreamExecutionEnvironment environment() {
      return StreamExecutionEnvironment.getExecutionEnvironment();
    }

    @Override
    public JobClient submit(StreamExecutionEnvironment environment) {
      return flink.client(flink.submit(environment));
    }

    @Override
    public void close() throws IOException {
      flink.close();
      PathUtils.deleteDirectory(temporary);
    }
  }
}
