package io.digflink.lab.faults.network;

import io.digflink.lab.faults.CheckpointDisk;
import io.digflink.lab.faults.FaultGroup;
import io.digflink.lab.faults.FaultStack;
import io.digflink.lab.faults.Scenario;
import io.digflink.lab.faults.Scenarios;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/** Faults of the network: broker, JobManager and each TaskManager have hosts of their own. */
public final class NetworkFaults implements FaultGroup {
  private static final int KINDS = 12;
  private static final int UNDER_WAY = 20;

  @Override
  public List<String> names() {
    return Arrays.stream(NetworkFault.Kind.values()).map(NetworkFaults::name).toList();
  }

  private static String name(NetworkFault.Kind kind) {
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
    try (Network network = Network.of(NetworkFault.HOSTS);
        CheckpointDisk disk = CheckpointDisk.small(directory.resolve("checkpoints"));
        FaultStack stack = FaultStack.start(directory, disk, network::host)) {
      new Scenarios(stack, stage, KINDS, UNDER_WAY)
          .run(
              Arrays.stream(NetworkFault.Kind.values())
                  .filter(kind -> chosen.contains(name(kind)))
                  .map(kind -> scenario(network, kind))
                  .toList());
    }
  }

  private static Scenario scenario(Network network, NetworkFault.Kind kind) {
    return Scenario.of(
        name(kind),
        kind.description() + ", for " + seconds(kind) + " s",
        time -> new NetworkFault(network, kind, kind.seconds()[time]),
        kind.seconds().length);
  }

  private static String seconds(NetworkFault.Kind kind) {
    return String.join(", ", Arrays.stream(kind.seconds()).mapToObj(Integer::toString).toList());
  }
}
