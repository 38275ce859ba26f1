package io.digflink.lab.bench;

import com.fasterxml.jackson.databind.JsonNode;
import io.digflink.bundle.Precision;
import io.digflink.cli.DeviceOption;
import io.digflink.cli.PositiveNumber;
import io.digflink.runtime.session.Device;
import io.digflink.runtime.session.SessionPool;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.apache.commons.io.file.PathUtils;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code bench provider}: proof of where a bundle's operators run. */
@Command(
    name = "provider",
    mixinStandardHelpOptions = true,
    description =
        "Which execution provider runs each kind of node, by ONNX Runtime's profiler, the output's"
            + " relative L2 distance from the CPU's, and whether an image alone has the bits that it"
            + " has among others.")
final class ProviderBench implements Callable<Integer> {
  private static final int BATCH = 2;
  private static final int CELLS = 32;

  @Spec private CommandSpec spec;

  @Option(
      names = "--model",
      converter = PresetName.class,
      paramLabel = "PRESET",
      description = "Preset, with random weights (default: ${DEFAULT-VALUE}).")
  private String model = "DiG-S/2";

  @Mixin private DeviceOption device;

  @Option(
      names = "--batches",
      converter = PositiveNumber.class,
      split = ",",
      paramLabel = "N",
      description =
          "Batches in which the image is compared with itself alone (default: ${DEFAULT-VALUE}).")
  private List<Integer> batches = List.of(2, 8, 32);

  @Mixin private JsonFile json;

  /**
   * What was found, by precision.
   *
   * @param distances relative L2 distance of the device's output from the CPU's
   * @param differing elements of an image's output that differ from those of the image alone, the
   *     most of any batch
   * @param nodesOfPrecisionOperatorAndProvider what ran where
   */
  record Figures(
      String model,
      String device,
      Map<String, Double> distances,
      Map<String, Integer> differing,
      Map<String, Integer> nodesOfPrecisionOperatorAndProvider) {}

  @Override
  public Integer call() throws Exception {
    PrintWriter out = spec.commandLine().getOut();
    SessionPool.shared(); // starts ONNX Runtime
    Device place = device.device();
    Figures figures =
        new Figures(model, place.toString(), new TreeMap<>(), new TreeMap<>(), new TreeMap<>());
    Path directory = Files.createTempDirectory("dig-bench-");
    try {
      for (Precision precision : Precision.values()) {
        Path bundle = directory.resolve(precision.toString());
        RandomBundle.export(model, precision, Optional.empty(), bundle);
        Path graph = bundle.resolve("denoiser.onnx");
        float[] expected = ProfiledRun.of(graph, Device.CPU, BATCH, CELLS).output();
        ProfiledRun run = ProfiledRun.of(graph, place, BATCH, CELLS);
        count(run, precision, figures);
        figures.distances().put(precision.toString(), distance(run.output(), expected));
        figures.differing().put(precision.toString(), differing(graph, place));
      }
    } finally {
      PathUtils.deleteDirectory(directory);
    }
    figures
        .nodesOfPrecisionOperatorAndProvider()
        .forEach((what, nodes) -> out.printf("%4d  %s%n", nodes, what));
    figures
        .distances()
        .forEach(
            (precision, value) ->
                out.printf(
                    Locale.ROOT,
                    "%s %s on %s: %.2e from the CPU; among others %d elements of an image differ%n",
                    model,
                    precision,
                    place,
                    value,
                    figures.differing().get(precision)));
    out.flush();
    json.write(figures);
    return 0;
  }

  /** Counts a run's kernels by operator and provider. */
  private static void count(ProfiledRun run, Precision precision, Figures figures) {
    for (JsonNode node : run.nodes()) {
      String what =
          precision + " " + node.path("op_name").asText() + " " + node.path("provider").asText();
      figures.nodesOfPrecisionOperatorAndProvider().merge(what, 1, Integer::sum);
    }
  }

  /** Elements of the first image's output that differ between it alone and it among others. */
  private int differing(Path graph, Device place) throws Exception {
    float[] alone = ProfiledRun.of(graph, place, 1, CELLS).output();
    int most = 0;
    for (int batch : batches) {
      float[] among = ProfiledRun.of(graph, place, batch, CELLS).output();
      most = Math.max(most, ProfiledRun.differing(alone, among));
    }
    return most;
  }

  private static double distance(float[] actual, float[] expected) {
    double difference = 0;
    double norm = 0;
    for (int i = 0; i < expected.length; i++) {
      difference += Math.pow(actual[i] - expected[i], 2);
      norm += Math.pow(expected[i], 2);
    }
    return Math.sqrt(difference / norm);
  }
}
