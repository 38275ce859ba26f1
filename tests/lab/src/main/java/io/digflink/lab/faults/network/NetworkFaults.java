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
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** Faults of the network: broker, JobManager and each TaskManager have hosts of their own. */
public final class NetworkFaults implements FaultGroup {
  private static final int KINDS = 9;
  private static final int UNDER_WAY = 12;
  private static final String DISK = "48m";
  private static final String CLOCK = "clock-skew";
  private static final String SKEWED = "taskmanager-2";
  private static final List<String> JUMPS = List.of("+1h", "-1h");

  @Override
  public List<String> names() {
    return Stream.concat(Arrays.stream(Kind.values()).map(NetworkFaults::name), Stream.of(CLOCK))
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
    Optional<FakeClock> clock =
        chosen.contains(CLOCK) ? FakeClock.find(directory) : Optional.empty();
    if (chosen.contains(CLOCK) && clock.isEmpty()) {
      stage.says().accept(CLOCK + " is left out: install libfaketime");
    }
    List<Scenario> scenarios = new ArrayList<>();
    try (Network network = Network.of(NetworkFault.HOSTS);
        SmallDisk disk = SmallDisk.mount(directory.resolve("checkpoints"), DISK);
        FaultStack stack = FaultStack.start(directory, disk, hosts(network, clock))) {
      for (Kind kind : Kind.values()) {
        if (chosen.contains(name(kind))) {
          scenarios.add(scenario(network, kind));
        }
      }
      clock.ifPresent(it -> scenarios.add(scenario(it)));
      new Scenarios(stack, stage, KINDS, UNDER_WAY).run(scenarios);
    }
  }

  private static Host.Plan hosts(Network network, Optional<FakeClock> clock) {
    return process -> {
      Host host = network.host(process);
      return clock.isPresent() && process.equals(SKEWED) ? clock.get().on(host) : host;
    };
  }

  private static Scenario scenario(FakeClock clock) {
    return Scenario.of(
        CLOCK,
        "a TaskManager's clock jumps by an hour, ahead and back",
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
