package io.digflink.lab.bench.queue;

import io.digflink.cli.ModelDirectory;
import io.digflink.cli.PositiveNumber;
import io.digflink.lab.bench.JsonFile;
import io.digflink.runtime.model.ModelBundle;
import io.digflink.runtime.model.ModelCatalog;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code bench queue}: who waits for how long, and what fairness and deadlines cost and bring. */
@Command(
    name = "queue",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Waiting times, shares of tenants, one request on all subtasks, deadlines and batch-wait.",
      "The whole job runs on subtasks of the CPU, each run on one thread, with a broker in this"
          + " process. All figures are taken from what a client sees: images, progress, metrics."
    })
public final class QueueBench implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(
      names = "--parts",
      split = ",",
      paramLabel = "NAME",
      description = "Only these of waiting, tenants, split, deadlines, batch-wait (default: all).")
  private List<String> chosen = List.of();

  @Option(
      names = "--subtasks",
      converter = PositiveNumber.class,
      paramLabel = "N",
      description = "Subtasks of waiting, tenants and deadlines (default: ${DEFAULT-VALUE}).")
  private int subtasks = 2;

  @Option(
      names = "--large-images",
      converter = PositiveNumber.class,
      paramLabel = "N",
      description =
          "waiting: images of each request that others wait behind (default: ${DEFAULT-VALUE}).")
  private int largeImages = 10_000;

  @Option(
      names = "--probes",
      converter = PositiveNumber.class,
      paramLabel = "N",
      description =
          "waiting: requests that wait; batch-wait: a third of the pairs (default:"
              + " ${DEFAULT-VALUE}).")
  private int probes = 20;

  @Option(
      names = "--seconds",
      converter = PositiveNumber.class,
      paramLabel = "N",
      description =
          "tenants: seconds as three tenants, and as many as one (default: ${DEFAULT-VALUE}).")
  private int seconds = 300;

  @Option(
      names = "--split-images",
      converter = PositiveNumber.class,
      paramLabel = "N",
      description = "split: images of the request (default: ${DEFAULT-VALUE}).")
  private int splitImages = 2_000;

  @Option(
      names = "--stream-seconds",
      converter = PositiveNumber.class,
      paramLabel = "N",
      description =
          "deadlines: seconds of each of two streams per load (default: ${DEFAULT-VALUE}).")
  private int streamSeconds = 60;

  @Option(
      names = "--places",
      paramLabel = "N",
      description =
          "deadlines: denoise.max-in-flight; 0: the job's default (default: ${DEFAULT-VALUE}).")
  private int places;

  @Option(
      names = "--batch-wait",
      split = ",",
      paramLabel = "MS",
      description = "batch-wait: values of denoise.batch-wait (default: 0,5,20).")
  private List<Integer> waits = List.of(0, 5, 20);

  @Mixin private ModelDirectory models;
  @Mixin private JsonFile json;

  /** Measures a part. */
  @FunctionalInterface
  private interface Part {
    Findings measure(Scale scale, PrintWriter out) throws Exception;
  }

  private static Map<String, Part> parts() {
    Map<String, Part> parts = new LinkedHashMap<>();
    parts.put("waiting", WaitingPart::measure);
    parts.put("tenants", TenantsPart::measure);
    parts.put("split", SplitPart::measure);
    parts.put("deadlines", DeadlinesPart::measure);
    parts.put("batch-wait", BatchWaitPart::measure);
    return parts;
  }

  @Override
  public Integer call() throws Exception {
    Map<String, Part> parts = parts();
    check(parts.keySet());
    PrintWriter out = spec.commandLine().getOut();
    Path directory = models.resolve(out::println);
    ModelCatalog catalog = ModelCatalog.open(directory);
    ModelBundle bundle = catalog.find(catalog.names().iterator().next()).orElseThrow();
    Scale scale =
        new Scale(
            directory,
            bundle,
            subtasks,
            largeImages,
            probes,
            seconds,
            splitImages,
            streamSeconds,
            places,
            waits);
    Map<String, Findings> all = new LinkedHashMap<>();
    for (Map.Entry<String, Part> part : parts.entrySet()) {
      if (chosen.isEmpty() || chosen.contains(part.getKey())) {
        Findings findings = part.getValue().measure(scale, out);
        all.put(part.getKey(), findings);
        out.println();
        out.println(findings.table());
        out.flush();
        json.write(all);
      }
    }
    return 0;
  }

  private void check(Set<String> known) {
    Set<String> unknown = new TreeSet<>(chosen);
    unknown.removeAll(known);
    if (!unknown.isEmpty()) {
      throw new ParameterException(
          spec.commandLine(),
          "Expected --parts with names of " + known + ", found " + String.join(", ", unknown));
    }
    if (places < 0 || waits.stream().anyMatch(wait -> wait < 0)) {
      throw new ParameterException(
          spec.commandLine(),
          "Expected --places and --batch-wait of 0 or more, found " + places + " and " + waits);
    }
  }
}
