package io.digflink.lab.faults;

import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/** Faults of processes on this machine. */
final class ProcessFaults implements FaultGroup {
  private static final int KINDS = 24;
  private static final int UNDER_WAY = 40;
  private static final String DISK = "48m";
  private static final String BROKER_DISK = "512m";
  private static final String DISK_FULL = "disk-full";
  private static final String BROKER_DISK_FULL = "broker-disk-full";
  private static final List<String> ON_FULL_DISKS = List.of(DISK_FULL, BROKER_DISK_FULL);

  private final List<Scenario> scenarios;

  /**
   * @param kills of a TaskManager
   * @param outages of all TaskManagers
   */
  ProcessFaults(int kills, int outages) {
    this.scenarios = scenarios(kills, outages);
  }

  private static List<Scenario> scenarios(int kills, int outages) {
    return List.of(
        Scenario.of(
            "taskmanager-kill",
            "kill -9 of a TaskManager",
            time -> ProcessFault.TASK_MANAGER_KILLED,
            kills),
        Scenario.of(
            "taskmanager-crash",
            "SIGSEGV in a TaskManager",
            time -> ProcessFault.TASK_MANAGER_CRASHED,
            2),
        Scenario.of(
            "taskmanager-pause",
            "SIGSTOP of a TaskManager past its heartbeat",
            time -> new PausedTaskManager(),
            2),
        Scenario.of(
            "jobmanager-kill",
            "kill -9 of the JobManager",
            time -> ProcessFault.JOB_MANAGER_KILLED,
            3),
        Scenario.of(
                "outage",
                "kill -9 of all TaskManagers between a checkpoint and its commit, past the"
                    + " transactions' timeout",
                time -> new Outage(),
                outages)
            .with(Outage.OPTIONS),
        Scenario.of("broker-kill", "kill -9 of the broker", time -> ProcessFault.BROKER_KILLED, 3),
        Scenario.of(
                "broker-log-truncated",
                "half of an older segment of the images' log gone: not survivable",
                time -> new TruncatedSegment(),
                1)
            .notSurvivable(),
        Scenario.of(DISK_FULL, "a full disk for checkpoints", time -> new FullDisk(), 2),
        Scenario.of(
            BROKER_DISK_FULL,
            "a full disk for the broker, until it gives up",
            time -> new FullBrokerDisk(),
            2),
        Scenario.of(
            "rescale", "savepoint, stop, on from 2 to 4 subtasks", time -> new Rescale(), 1),
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
  public List<String> names() {
    return scenarios.stream().map(Scenario::name).toList();
  }

  @Override
  public void run(Set<String> chosen, Stage stage) throws Exception {
    Path kafka = stage.directory().resolve(FaultStack.KAFKA);
    try (SmallDisk brokerDisk = SmallDisk.mount(kafka, BROKER_DISK);
        SmallDisk disk = SmallDisk.mount(stage.directory().resolve("checkpoints"), DISK);
        FaultStack stack = FaultStack.start(stage.directory(), disk)) {
      boolean fillable = brokerDisk.isMounted() && disk.isMounted();
      List<Scenario> possible =
          scenarios.stream()
              .filter(scenario -> chosen.contains(scenario.name()))
              .filter(scenario -> fillable || !ON_FULL_DISKS.contains(scenario.name()))
              .toList();
      if (!fillable) {
        stage
            .says()
            .accept(
                String.join(", ", ON_FULL_DISKS)
                    + " are left out: this user may not mount small file systems; run as root");
      }
      new Scenarios(stack, stage, KINDS, UNDER_WAY).run(possible);
    }
  }
}
