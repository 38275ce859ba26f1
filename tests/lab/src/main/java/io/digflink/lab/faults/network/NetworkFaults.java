package io.digflink.lab.faults.network;

import io.digflink.lab.cluster.Host;
import io.digflink.lab.faults.FaultGroup;
import io.digflink.lab.faults.FaultStack;
import io.digflink.lab.faults.Scenario;
import io.digflink.lab.faults.Scenarios;
import io.digflink.lab.faults.SmallDisk;
import io.digflink.lab.faults.network.NetworkFault.Kind;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** Faults of the network: broker, JobManager and each TaskManager have hosts of their own. */
public final class NetworkFaults implements FaultGroup {
  private static final int KINDS = 9;
  private static final int UNDER_WAY = 12;
  private static final String DISK = "48m";
  private static final List<String> JUMPS = List.of("+1h", "-1h");

  /**
   * Whose clock jumps. The JobManager's comes last: once its clock has gone back, its metrics stand
   * still until the time that they had, and faults are timed by them.
   */
  private enum Skew {
    TASK_MANAGER("clock-skew", "taskmanager-2", "a TaskManager's"),
    BROKER("clock-skew-broker", FaultStack.KAFKA, "the broker's"),
    JOB_MANAGER("clock-skew-jobmanager", "jobmanager", "the JobManager's");

    private final String fault;
    private final String process;
    private final String whose;

    Skew(String fault, String process, String whose) {
      this.fault = fault;
      this.process = process;
      this.whose = whose;
    }
  }

  @Override
  public List<String> names() {
    return Stream.concat(
            Arrays.stream(Kind.values()).map(NetworkFaults::name),
            Arrays.stream(Skew.values()).map(skew -> skew.fault))
        .toList();
  }

  private static String name(Kind kind) {
    return "network-" + kind.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  @Override
  public void run(Set<String> chosen, Stage stage) throws Exception {
    Optional<String> missing = Network.missing();
    if (missing.isPresent()) {
      stage.says().accept("Faults of the network are left out: " + missing.get());
      return;
    }
    Path directory = Files.createDirectories(stage.directory().resolve("network"));
    Map<Skew, FakeClock> clocks = new EnumMap<>(Skew.class);
    for (Skew skew : Skew.values()) {
      if (chosen.contains(skew.fault)) {
        FakeClock.find(directory.resolve(skew.fault))
            .ifPresentOrElse(
                clock -> clocks.put(skew, clock),
                () -> stage.says().accept(skew.fault + " is left out: install libfaketime"));
      }
    }
    List<Scenario> scenarios = new ArrayList<>();
    try (Network network = Network.of(NetworkFault.HOSTS);
        SmallDisk disk = SmallDisk.mount(directory.resolve("checkpoints"), DISK);
        FaultStack stack = FaultStack.start(directory, disk, hosts(network, clocks))) {
      for (Kind kind : Kind.values()) {
        if (chosen.contains(name(kind))) {
          scenarios.add(scenario(network, kind));
        }
      }
      clocks.forEach((skew, clock) -> scenarios.add(scenario(skew, clock)));
      new Scenarios(stack, stage, KINDS, UNDER_WAY).run(scenarios);
    }
  }

  private static Host.Plan hosts(Network network, Map<Skew, FakeClock> clocks) {
    return process -> {
      Host host = network.host(process);
      for (Map.Entry<Skew, FakeClock> skewed : clocks.entrySet()) {
        if (process.equals(skewed.getKey().process)) {
          return skewed.getValue().on(host);
        }
      }
      return host;
    };
  }

  private static Scenario scenario(Skew skew, FakeClock clock) {
    return Scenario.of(
        skew.fault,
        skew.whose + " clock jumps by an hour, ahead and back",
        time -> clock.jump(JUMPS.get(time)),
        JUMPS.size());
  }

  private static Scenario scenario(Network network, Kind kind) {
    return Scenario.of(
        name(kind),
        kind.description() + ", for " + seconds(kind) + " s",
        time -> new NetworkFault(network, kind, kind.seconds()[time]),
        kind.seconds().length);
  }

  private static String seconds(Kind kind) {
    return String.join(", ", Arrays.stream(kind.seconds()).mapToObj(Integer::toString).toList());
  }
}
