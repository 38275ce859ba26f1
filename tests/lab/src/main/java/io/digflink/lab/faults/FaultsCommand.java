package io.digflink.lab.faults;

import io.digflink.cli.ModelDirectory;
import io.digflink.cli.PositiveNumber;
import io.digflink.cli.Subcommand;
import io.digflink.lab.bench.JsonFile;
import io.digflink.lab.faults.dataset.DatasetFaults;
import io.digflink.lab.faults.network.NetworkFaults;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
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
      "Break a cluster of processes under load, and what makes data sets, and judge what comes of"
          + " it.",
      "A broker, ZooKeeper, a JobManager and two TaskManagers run as JVMs of their own; every"
          + " image of every request must come once, with the bytes of an undisturbed run."
    })
public final class FaultsCommand implements Subcommand {
  @Spec private CommandSpec spec;

  @Option(
      names = "--only",
      split = ",",
      paramLabel = "NAME",
      description =
          "Only these: ${COMPLETION-CANDIDATES}, or all whose names begin so, such as dataset"
              + " (default: all).",
      completionCandidates = Names.class)
  private Set<String> only = Set.of();

  @Option(
      names = "--kills",
      converter = PositiveNumber.class,
      paramLabel = "N",
      description =
          "Number of TaskManagers to kill, and of processes that make a data set of each format"
              + " (default: ${DEFAULT-VALUE}).")
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

  /** Names of the faults, for the help. */
  static final class Names extends ArrayList<String> {
    private static final long serialVersionUID = 1L;

    Names() {
      super(new FaultsCommand().groups().stream().flatMap(g -> g.names().stream()).toList());
    }
  }

  private List<FaultGroup> groups() {
    return List.of(
        new ProcessFaults(kills, outages), new NetworkFaults(), new DatasetFaults(kills));
  }

  @Override
  public Integer call() throws Exception {
    PrintWriter out = spec.commandLine().getOut();
    Set<String> chosen = chosen();
    Path bundles = models.resolve(out::println);
    // Temporary files go with this process.
    Path directory =
        keep
            ? Files.createTempDirectory(Path.of("").toAbsolutePath(), "dig-faults")
            : Files.createTempDirectory("dig-faults");
    out.println("Processes write to " + directory);
    out.flush();
    List<FaultFigures> all = new ArrayList<>();
    FaultGroup.Stage stage =
        new FaultGroup.Stage(
            bundles,
            directory,
            figures -> {
              all.add(figures);
              out.println(FaultTable.row(figures));
              out.flush();
            },
            sentence -> {
              out.println(sentence);
              out.flush();
            });
    try {
      for (FaultGroup group : groups()) {
        if (group.names().stream().anyMatch(chosen::contains)) {
          group.run(chosen, stage);
        }
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
    return all.stream().allMatch(FaultFigures::isGood) ? 0 : 1;
  }

  /** All, or those that are named, each or by the beginning of their names. */
  private Set<String> chosen() {
    Set<String> chosen = new HashSet<>();
    List<String> names = new Names();
    for (String wanted : only) {
      List<String> found =
          names.stream()
              .filter(name -> name.equals(wanted) || name.startsWith(wanted + "-"))
              .toList();
      if (found.isEmpty()) {
        throw new ParameterException(
            spec.commandLine(),
            "Expected --only with names of " + names + " or their beginnings, found " + wanted);
      }
      chosen.addAll(found);
    }
    return only.isEmpty() ? Set.copyOf(names) : chosen;
  }
}
