package io.digflink.lab.load;

import io.digflink.cli.ModelDirectory;
import io.digflink.cli.Subcommand;
import io.digflink.lab.bench.JsonFile;
import io.digflink.lab.faults.Answers;
import io.digflink.lab.faults.FaultStack;
import io.digflink.lab.faults.LoadClient;
import io.digflink.lab.faults.RunTopics;
import io.digflink.lab.faults.RunningJob;
import io.digflink.lab.faults.SmallDisk;
import io.digflink.lab.faults.Workload;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.commons.io.file.PathUtils;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code test soak}: twice the load that a cluster of processes can serve, for long. */
@Command(
    name = "soak",
    mixinStandardHelpOptions = true,
    description = {
      "Send twice as many requests as a cluster of processes can serve, for long.",
      "Memory must stay flat, checkpoints complete, and the source be held back."
    })
public final class SoakCommand implements Subcommand {
  private static final int KINDS = 24;
  private static final int UNDER_WAY = 40;
  private static final int CAPACITY_SECONDS = 60;
  private static final int WARM_UP_SECONDS = 20;

  @Spec private CommandSpec spec;

  @Option(
      names = "--minutes",
      paramLabel = "N",
      description = "Minutes under load (default: ${DEFAULT-VALUE}).")
  private double minutes = 15;

  @Mixin private ModelDirectory models;
  @Mixin private JsonFile json;

  @Override
  public Integer call() throws Exception {
    if (!(minutes > 0)) {
      throw new ParameterException(
          spec.commandLine(), "Expected --minutes above 0, found " + minutes);
    }
    PrintWriter out = spec.commandLine().getOut();
    Path bundles = models.resolve(out::println);
    Path directory = Files.createTempDirectory("dig-soak");
    try (SmallDisk disk = SmallDisk.folder(directory.resolve("checkpoints"));
        FaultStack stack = FaultStack.start(directory, disk)) {
      Workload workload = Workload.of(bundles, KINDS);
      double capacity = capacity(stack, bundles, workload);
      out.printf("Capacity: %.2f requests/s. Twice that for %s minutes …%n", capacity, minutes);
      out.flush();
      try (Soak soak = new Soak(stack, bundles, workload, 2 * capacity)) {
        soak.watch(minutes);
        SoakFigures figures = soak.end(capacity);
        out.print(figures.text());
        out.flush();
        json.write(figures);
      }
      return 0;
    } finally {
      PathUtils.deleteDirectory(directory);
    }
  }

  /** Requests a second where always some are under way. */
  private static double capacity(FaultStack stack, Path bundles, Workload workload)
      throws Exception {
    RunTopics topics = stack.createTopics("capacity");
    // More often than else: what is answered shows at checkpoints.
    RunningJob job =
        stack.submit("capacity", bundles, 2, null, List.of("--checkpoint.interval=1 s"));
    LoadClient.Load load =
        new LoadClient.Load(
            new Answers(workload, null),
            LoadClient.Pace.underWay(UNDER_WAY),
            Integer.MAX_VALUE,
            image -> {});
    try (LoadClient client = new LoadClient(stack.kafka().client(), topics, load)) {
      TimeUnit.SECONDS.sleep(WARM_UP_SECONDS);
      int before = client.answers().answered();
      TimeUnit.SECONDS.sleep(CAPACITY_SECONDS);
      client.check();
      double rate = (client.answers().answered() - before) / (double) CAPACITY_SECONDS;
      job.cancel();
      return rate;
    }
  }
}
