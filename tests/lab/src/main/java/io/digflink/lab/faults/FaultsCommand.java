package io.digflink.lab.faults;

import io.digflink.cli.ModelDirectory;
import io.digflink.cli.PositiveNumber;
import io.digflink.cli.Subcommand;
import io.digflink.lab.bench.JsonFile;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.commons.io.file.PathUtils;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code test faults}: breaks a cluster of processes in many ways and judges what comes of it. */
@Command(
    name = "faults",
    mixinStandardHelpOptions = true,
    description = {
      "Break a cluster of processes under load, and judge what comes of it.",
      "A broker, ZooKeeper, a JobManager and two TaskManagers run as JVMs of their own; every"
          + " image of every request must come once, with the bytes of an undisturbed run."
    })
public final class FaultsCommand implements Subcommand {
  private static final int KINDS = 24;
  private static final int UNDER_WAY = 40;

  @Spec private CommandSpec spec;

  @Option(
      names = "--only",
      split = ",",
      paramLabel = "NAME",
      description = "Only these: ${COMPLETION-CANDIDATES} (default: all).",
      completionCandidates = Names.class)
  private Set<String> only = Set.of();

  @Option(
      names = "--kills",
      converter = PositiveNumber.class,
      paramLabel = "N",
      description = "Number of TaskManagers to kill (default: ${DEFAULT-VALUE}).")
  private int kills = 20;

  @Option(
      names = "--outages",
      converter = PositiveNumber.class,
      paramLabel = "N",
      description = "Number of outages (default: ${DEFAULT-VALUE}).")
  private int outages = 20;

  @Option(
      names = "--keep",
      description = "Keep the processes' logs, in a new directory of the current one.")
  private boolean keep;

  @Mixin private ModelDirectory models;
  @Mixin private JsonFile json;

  /** Names of the scenarios, for the help. */
  static final class Names extends ArrayList<String> {
    private static final long serialVersionUID = 1L;

    Names() {
      super(new FaultsCommand().scenarios().stream().map(Scenario::name).toList());
    }
  }

  private List<Scenario> scenarios() {
    return List.of(
        Scenario.of(
            "taskmanager-kill",
            "kill -9 of a TaskManager",
            () -> ProcessFault.TASK_MANAGER_KILLED,
            kills),
        Scenario.of(
            "taskmanager-crash",
            "SIGSEGV in a TaskManager",
            () -> ProcessFault.TASK_MANAGER_CRASHED,
            2),
        Scenario.of(
            "taskmanager-pause",
            "SIGSTOP of a TaskManager past its heartbeat",
            PausedTaskManager::new,
            2),
        Scenario.of(
            "jobmanager-kill",
            "kill -9 of the JobManager",
            () -> ProcessFault.JOB_MANAGER_KILLED,
            3),
        Scenario.of(
                "outage",
                "kill -9 of all TaskManagers between a checkpoint and its commit, past the"
                    + " transactions' timeout",
                Outage::new,
                outages)
            .with(Outage.OPTIONS),
        Scenario.of("broker-kill", "kill -9 of the broker", () -> ProcessFault.BROKER_KILLED, 3),
        Scenario.of("disk-full", "a full disk for checkpoints", FullDisk::new, 2),
        Scenario.of("rescale", "savepoint, stop, on from 2 to 4 subtasks", Rescale::new, 1),
        Scenario.of(
            "run-error",
            "an error in ONNX Runtime once in 100 runs",
            FaultyModel.ERROR_ONCE_IN_A_HUNDRED),
        Scenario.of(
            "out-of-memory",
            "no memory for more than 4 rows",
            FaultyModel.OUT_OF_MEMORY_ABOVE_FOUR_ROWS));
  }

  @Override
  public Integer call() throws Exception {
    PrintWriter out = spec.commandLine().getOut();
    List<Scenario> chosen = chosen();
    Path bundles = models.resolve(out::println);
    // Temporary files go with this process.
    Path directory =
        keep
            ? Files.createTempDirectory(Path.of("").toAbsolutePath(), "dig-faults")
            : Files.createTempDirectory("dig-faults");
    List<FaultFigures> all = new ArrayList<>();
    try (CheckpointDisk disk = CheckpointDisk.small(directory.resolve("checkpoints"));
        FaultStack stack = FaultStack.start(directory, disk)) {
      out.println("Processes write to " + directory);
      out.flush();
      Workload workload = Workload.of(bundles, KINDS);
      Map<String, String> undisturbed =
          Scenario.undisturbed(
              stack,
              new FaultRun.Plan(
                  "undisturbed", bundles, workload, null, UNDER_WAY, workload.allKinds()));
      for (Scenario scenario : chosen) {
        if (scenario.name().equals("disk-full") && !disk.isSmall()) {
          out.println("disk-full is left out: this user may not mount a small file system");
          continue;
        }
        FaultRun.Plan plan =
            new FaultRun.Plan(
                scenario.name(), bundles, workload, undisturbed, UNDER_WAY, Integer.MAX_VALUE);
        FaultFigures figures = scenario.run(stack, plan);
        all.add(figures);
        out.println(FaultTable.row(figures));
        out.flush();
      }
    } finally {
      if (!keep) {
        PathUtils.deleteDirectory(directory);
      }
    }
    out.println();
    out.println(FaultTable.of(all));
    out.flush();
    json.write(all);
    return all.stream().allMatch(figures -> figures.verdict().isGood()) ? 0 : 1;
  }

  private List<Scenario> chosen() {
    List<Scenario> all = scenarios();
    List<String> names = all.stream().map(Scenario::name).toList();
    if (!names.containsAll(only)) {
      throw new ParameterException(
          spec.commandLine(), "Expected --only with names of " + names + ", found " + only);
    }
    return all.stream().filter(s -> only.isEmpty() || only.contains(s.name())).toList();
  }
}
