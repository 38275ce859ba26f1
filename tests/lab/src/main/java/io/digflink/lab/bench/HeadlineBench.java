package io.digflink.lab.bench;

import io.digflink.bundle.Precision;
import io.digflink.cli.PositiveNumber;
import io.digflink.runtime.model.ModelBundle;
import io.digflink.runtime.sampling.RowBatch;
import io.digflink.runtime.session.DenoiserSession;
import io.digflink.runtime.session.Device;
import io.digflink.runtime.session.SessionException;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.apache.commons.io.file.PathUtils;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code bench headline}: the denoisers' latencies that the project is judged by. */
@Command(
    name = "headline",
    mixinStandardHelpOptions = true,
    description =
        "Latency of one run of each denoiser, host to host, beside the bar and the goal set for one"
            + " H200: random weights in fp16, all of them in turns, several rounds in one process.")
final class HeadlineBench implements Callable<Integer> {
  /**
   * A run and what it should take on one H200, in milliseconds.
   *
   * @param size side of the images in pixels
   */
  record Target(String model, Precision precision, int size, int batch, double bar, double goal) {
    /** The bundle that it runs. */
    String export() {
      return model + " " + precision;
    }
  }

  private static final List<Target> TARGETS =
      List.of(
          new Target("DiG-XL/2", Precision.FP16, 256, 32, 15.5, 14),
          new Target("DiG-XL/2", Precision.FP8, 256, 32, 11.5, 10),
          new Target("DiG-S/2", Precision.FP16, 256, 32, 1.5, 1.2),
          new Target("DiG-S/2", Precision.FP16, 256, 1, 0.7, 0.5),
          new Target("DiG-XL/2", Precision.FP8, 1024, 4, 23, 20),
          new Target("DiG-XL/2", Precision.FP8, 2048, 2, 46, 40),
          new Target("DiT-XL/2", Precision.FP16, 256, 32, 15, 14),
          new Target("DiT-XL/2", Precision.FP8, 256, 32, 11.5, 10),
          new Target("DiT-S/2", Precision.FP16, 256, 32, 1.8, 1.5));

  /**
   * What a target's rounds gave.
   *
   * @param milliseconds the spread of the rounds' medians
   */
  record Figures(Target target, Spread milliseconds) {
    String row() {
      return String.format(
          Locale.ROOT,
          "| %s | %s | %d | %d | %.2f | %.2f to %.2f | %.1f | %.2f | %.1f |",
          target.model(),
          target.precision(),
          target.size(),
          target.batch(),
          milliseconds.median(),
          milliseconds.least(),
          milliseconds.greatest(),
          target.bar(),
          milliseconds.median() / target.bar(),
          target.goal());
    }
  }

  @Spec private CommandSpec spec;

  @Option(
      names = "--models",
      converter = PresetName.class,
      split = ",",
      paramLabel = "PRESET",
      description = "Only the rows of these presets (default: ${DEFAULT-VALUE}).")
  private List<String> models = List.of("DiG-XL/2", "DiG-S/2", "DiT-XL/2", "DiT-S/2");

  @Option(
      names = "--rounds",
      converter = PositiveNumber.class,
      paramLabel = "N",
      description = "Rounds over all rows (default: ${DEFAULT-VALUE}).")
  private int rounds = 3;

  @Mixin private RunOptions options;

  @Mixin private JsonFile json;

  @Override
  public Integer call() throws Exception {
    PrintWriter out = spec.commandLine().getOut();
    Device device = options.device();
    List<Target> targets = TARGETS.stream().filter(row -> models.contains(row.model())).toList();
    out.printf("%s, %d rounds, medians of %d runs%n", device, rounds, options.runs());
    out.flush();
    Path directory = Files.createTempDirectory("dig-bench-");
    List<Figures> figures;
    try {
      figures = measure(targets, device, directory, out);
    } finally {
      PathUtils.deleteDirectory(directory);
    }
    out.println("| model | precision | size | batch | ms | rounds | bar | ms : bar | goal |");
    out.println("| --- | --- | --- | --- | --- | --- | --- | --- | --- |");
    figures.forEach(row -> out.println(row.row()));
    out.flush();
    json.write(figures);
    return 0;
  }

  private List<Figures> measure(
      List<Target> targets, Device device, Path directory, PrintWriter out)
      throws SessionException, IOException {
    Map<String, ModelBundle> bundles = new HashMap<>();
    Map<String, DenoiserSession> sessions = new HashMap<>();
    try {
      for (Target target : targets) {
        if (!bundles.containsKey(target.export())) {
          Path path = directory.resolve(target.export().replace('/', '-'));
          ModelBundle bundle =
              RandomBundle.export(target.model(), target.precision(), Optional.empty(), path);
          bundles.put(target.export(), bundle);
          sessions.put(target.export(), bundle.openDenoiser(device, 0));
        }
      }
      List<RowBatch> batches = new ArrayList<>();
      List<List<Double>> medians = new ArrayList<>();
      for (Target target : targets) {
        batches.add(
            DenoiserFigures.rows(bundles.get(target.export()), target.size(), target.batch()));
        medians.add(new ArrayList<>());
      }
      for (int round = 0; round < rounds; round++) {
        for (int i = 0; i < targets.size(); i++) {
          DenoiserSession session = sessions.get(targets.get(i).export());
          RowBatch batch = batches.get(i);
          medians.get(i).add(options.medianMilliseconds(() -> session.run(batch)));
        }
        clocks(device).ifPresent(out::println);
        out.flush();
      }
      List<Figures> figures = new ArrayList<>();
      for (int i = 0; i < targets.size(); i++) {
        figures.add(new Figures(targets.get(i), Spread.of(medians.get(i))));
      }
      return figures;
    } finally {
      sessions.values().forEach(DenoiserSession::close);
    }
  }

  /**
   * The GPU's name, clock and power just after a round, or empty on a CPU or without nvidia-smi.
   */
  private static Optional<String> clocks(Device device) {
    if (!device.isCuda()) {
      return Optional.empty();
    }
    try {
      Process process =
          new ProcessBuilder(
                  "nvidia-smi",
                  "--query-gpu=name,clocks.sm,clocks.max.sm,power.draw",
                  "--format=csv,noheader",
                  "-i",
                  "" + device.index())
              .redirectErrorStream(true)
              .start();
      return Optional.of(
          new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip());
    } catch (IOException e) {
      return Optional.empty();
    }
  }
}
