package io.digflink.lab.bench;

import io.digflink.bundle.Precision;
import io.digflink.cli.PositiveNumber;
import io.digflink.runtime.model.ModelBundle;
import io.digflink.runtime.model.ModelCatalog;
import io.digflink.runtime.session.Device;
import io.digflink.runtime.session.Devices;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.apache.commons.io.file.PathUtils;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code bench devices}: what further devices bring. */
@Command(
    name = "devices",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Images per second of the whole job, and of synthesize with npz, on one device and on all.",
      "Both jobs run in this process and take turns. A rate is that of the middle of a turn, when"
          + " every device is busy; that of synthesize is of a data set less one of a quarter."
    })
final class DevicesBench implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(
      names = "--devices",
      defaultValue = "cuda:0,1",
      description =
          "All devices, as models.device names them; the first is the one (default:"
              + " ${DEFAULT-VALUE}).")
  private String devices;

  @Option(
      names = "--preset",
      converter = PresetName.class,
      paramLabel = "NAME",
      description =
          "Model with random weights and a decoder of 256x256 (default: ${DEFAULT-VALUE}).")
  private String preset = "DiG-S/2";

  @Option(
      names = "--precision",
      description = "fp32, fp16 or bf16 (default: fp16 on a GPU, fp32 on a CPU).")
  private Precision precision;

  @Option(
      names = "--models",
      paramLabel = "DIR",
      description = "Directory of one bundle to measure instead.")
  private Path models;

  @Option(
      names = "--images",
      converter = PositiveNumber.class,
      paramLabel = "N",
      description = "Images per turn and device (default: ${DEFAULT-VALUE}).")
  private int images = 2048;

  @Option(
      names = "--rounds",
      converter = PositiveNumber.class,
      paramLabel = "N",
      description = "Turns of each (default: ${DEFAULT-VALUE}).")
  private int rounds = 3;

  @Option(
      names = "--steps",
      converter = PositiveNumber.class,
      paramLabel = "N",
      description = "Denoising steps of an image (default: ${DEFAULT-VALUE}).")
  private int steps = 20;

  @Option(
      names = "--guidance",
      paramLabel = "SCALE",
      description = "Guidance scale of every step (default: ${DEFAULT-VALUE}).")
  private double guidance = 4;

  @Option(names = "--skip-synthesize", description = "Measure the streaming job only.")
  private boolean skipSynthesize;

  @Mixin private JsonFile json;

  /**
   * What was measured.
   *
   * @param one images per second on one device, turn by turn
   * @param all on all devices
   * @param ratio of the two, turn by turn
   * @param synthesizeOne images per second of synthesize on one device; 0 if skipped
   * @param synthesizeAll on all devices
   * @param busy what nvidia-smi said in the middle of each turn on all devices
   */
  record Figures(
      String model,
      List<String> devices,
      int steps,
      double guidance,
      Spread one,
      Spread all,
      Spread ratio,
      double synthesizeOne,
      double synthesizeAll,
      List<String> busy) {}

  @Override
  public Integer call() throws Exception {
    List<Device> all = Devices.of(devices);
    if (all.size() < 2) {
      throw new ParameterException(
          spec.commandLine(),
          "Expected several devices, found "
              + all
              + ": name them with --devices, cpu:0,1 for instance");
    }
    Path directory = Files.createTempDirectory("bench-devices");
    try {
      ModelBundle bundle = bundle(directory, all.get(0).isCuda());
      Path served = models == null ? directory.resolve("bundle") : models;
      Figures figures = measure(all, bundle, served);
      print(figures);
      json.write(figures);
    } finally {
      PathUtils.deleteDirectory(directory);
    }
    return 0;
  }

  private ModelBundle bundle(Path directory, boolean cuda) throws Exception {
    if (models != null) {
      ModelCatalog catalog = ModelCatalog.open(models);
      return catalog.find(catalog.names().iterator().next()).orElseThrow();
    }
    say("Exporting " + preset + " with random weights …");
    Precision chosen = precision == null ? cuda ? Precision.FP16 : Precision.FP32 : precision;
    return RandomBundle.withDecoder(preset, DecoderBench.CONFIG, chosen, directory);
  }

  private Figures measure(List<Device> all, ModelBundle bundle, Path served) throws Exception {
    String first = all.get(0).toString();
    List<Double> one = new ArrayList<>();
    List<Double> many = new ArrayList<>();
    List<Double> ratios = new ArrayList<>();
    List<String> busy = new ArrayList<>();
    say("Starting two jobs and warming up …");
    try (DevicesJob single = new DevicesJob(served, bundle, first, steps, guidance);
        DevicesJob whole = new DevicesJob(served, bundle, devices, steps, guidance)) {
      single.serve(images / 4 + 1);
      whole.serve(images / 4 * all.size() + 1);
      for (int i = 0; i < rounds; i++) {
        one.add(single.serve(images).rate());
        DevicesJob.Turn turn = whole.serve(images * all.size());
        many.add(turn.rate());
        busy.add(turn.busy());
        ratios.add(turn.rate() / one.get(i));
        say(String.format(Locale.ROOT, "%.1f and %.1f images/s", one.get(i), turn.rate()));
      }
    }
    double synthesizeOne = 0;
    double synthesizeAll = 0;
    if (!skipSynthesize) {
      DevicesSynthesis synthesis = new DevicesSynthesis(served, bundle.name(), steps, guidance);
      synthesizeOne = synthesis.rate(first, images);
      synthesizeAll = synthesis.rate(devices, images * all.size());
    }
    return new Figures(
        bundle.name(),
        all.stream().map(Device::toString).toList(),
        steps,
        guidance,
        Spread.of(one),
        Spread.of(many),
        Spread.of(ratios),
        synthesizeOne,
        synthesizeAll,
        busy);
  }

  private void print(Figures figures) {
    PrintWriter out = spec.commandLine().getOut();
    out.printf(
        Locale.ROOT,
        "%n%s on %s, %d steps, guidance scale %.1f%n%n%-28s%10s%10s%10s%n",
        figures.model(),
        figures.devices(),
        steps,
        guidance,
        "",
        "median",
        "least",
        "greatest");
    row(out, "one device, images/s", figures.one());
    row(out, "all devices, images/s", figures.all());
    row(out, "ratio", figures.ratio());
    if (!skipSynthesize) {
      out.printf(
          Locale.ROOT,
          "%nsynthesize, npz: %.2f and %.2f images/s, ratio %.3f%n",
          figures.synthesizeOne(),
          figures.synthesizeAll(),
          figures.synthesizeAll() / figures.synthesizeOne());
    }
    figures.busy().forEach(out::println);
    out.flush();
  }

  private static void row(PrintWriter out, String name, Spread spread) {
    out.printf(
        Locale.ROOT,
        "%-28s%10.3f%10.3f%10.3f%n",
        name,
        spread.median(),
        spread.least(),
        spread.greatest());
  }

  private void say(String line) {
    PrintWriter out = spec.commandLine().getOut();
    out.println(line);
    out.flush();
  }
}
