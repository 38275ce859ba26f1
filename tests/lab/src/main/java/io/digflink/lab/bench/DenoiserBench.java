package io.digflink.lab.bench;

import io.digflink.bundle.Precision;
import io.digflink.cli.PositiveNumber;
import io.digflink.export.ImageSize;
import io.digflink.export.arch.Preset;
import io.digflink.runtime.model.ModelBundle;
import io.digflink.runtime.session.Device;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
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

/** {@code bench denoiser}: one step of DiG beside one of DiT or DiS. */
@Command(
    name = "denoiser",
    mixinStandardHelpOptions = true,
    description =
        "Latency and memory of one run of the denoiser, host to host, random weights. Memory is"
            + " the device's as nvidia-smi sees it, above what was used before the session, and the"
            + " most that tensors ask ONNX Runtime for beyond weights and inputs.")
final class DenoiserBench implements Callable<Integer> {
  /** Batches of the published comparisons: image size to images. */
  private static final Map<Integer, Integer> BATCHES =
      Map.of(256, 32, 512, 8, 1024, 4, 1792, 2, 2048, 2);

  @Spec private CommandSpec spec;

  @Option(
      names = "--models",
      converter = PresetName.class,
      split = ",",
      paramLabel = "PRESET",
      description = "Presets (default: ${DEFAULT-VALUE}).")
  private List<String> models = List.of("DiG-S/2", "DiT-S/2", "DiG-XL/2", "DiT-XL/2");

  @Option(
      names = "--sizes",
      converter = PositiveNumber.class,
      split = ",",
      paramLabel = "PIXELS",
      description = "Sides of the images (default: ${DEFAULT-VALUE}).")
  private List<Integer> sizes = List.of(256, 512, 1024, 1792, 2048);

  @Option(
      names = "--batch",
      converter = PositiveNumber.class,
      paramLabel = "N",
      description = "Images a run (default: 32 at 256, 8 at 512, 4 at 1024, else 2).")
  private Integer batch;

  @Mixin private RunOptions options;

  @Option(
      names = "--precision",
      paramLabel = "fp16|fp32|fp8",
      description = "Number format of the models (default: ${DEFAULT-VALUE}).")
  private Precision precision = Precision.FP16;

  @Option(
      names = "--one-size",
      description =
          "Export each bundle for its image size alone: positions and shapes become constants.")
  private boolean oneSize;

  @Option(names = "--plot", paramLabel = "FILE", description = "Draw the latencies as PNG.")
  private Path plot;

  @Mixin private JsonFile json;

  @Override
  public Integer call() throws Exception {
    PrintWriter out = spec.commandLine().getOut();
    Device place = options.device();
    out.printf("%s, %s, median of %d runs%n", place, precision, options.runs());
    out.println("| model | size | batch | ms | images·steps/s | peak MiB | over the weights |");
    out.println("| --- | --- | --- | --- | --- | --- | --- |");
    List<DenoiserFigures> figures = new ArrayList<>();
    Path directory = Files.createTempDirectory("dig-bench-");
    try {
      for (String model : models) {
        ModelBundle bundle = null;
        Path path = directory;
        boolean single = oneSize || isDis(model); // a DiS learns its positions for one size
        for (int size : sizes) {
          if (bundle == null || single) {
            Optional<ImageSize> only =
                single ? Optional.of(new ImageSize(size, size)) : Optional.empty();
            path = directory.resolve(model.replace('/', '-') + (single ? "-" + size : ""));
            bundle = RandomBundle.export(model, precision, only, path);
          }
          int images = batch == null ? BATCHES.getOrDefault(size, 2) : batch;
          DenoiserFigures measured =
              DenoiserFigures.measure(bundle, path, model, size, images, options);
          figures.add(measured);
          out.println(measured.row());
          out.flush();
        }
      }
    } finally {
      PathUtils.deleteDirectory(directory);
    }
    ratios(figures).forEach(out::println);
    out.flush();
    json.write(figures);
    if (plot != null) {
      LatencyPlot.write(figures, plot);
    }
    return 0;
  }

  private static boolean isDis(String model) {
    return Preset.named(model).architecture().equals("DiS");
  }

  /**
   * A line for each size at which a DiG and the DiT of the same name were measured, or a DiG and
   * any DiS: no two of those have the same number of parameters.
   */
  private static List<String> ratios(List<DenoiserFigures> figures) {
    List<String> lines = new ArrayList<>();
    for (DenoiserFigures dig : figures) {
      for (DenoiserFigures dit : figures) {
        if (dig.model().startsWith("DiG")
            && (dit.model().equals(dig.model().replaceFirst("DiG", "DiT")) || isDis(dit.model()))
            && dit.size() == dig.size()
            && dit.batch() == dig.batch()) {
          lines.add(
              String.format(
                  Locale.ROOT,
                  "%s at %d: %.2f times as fast as %s",
                  dig.model(),
                  dig.size(),
                  dit.milliseconds() / dig.milliseconds(),
                  dit.model()));
        }
      }
    }
    return lines;
  }
}
