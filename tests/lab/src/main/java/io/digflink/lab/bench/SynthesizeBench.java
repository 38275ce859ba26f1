package io.digflink.lab.bench;

import io.digflink.cli.ModelDirectory;
import io.digflink.cli.PositiveNumber;
import io.digflink.cli.SynthesizeCommand;
import io.digflink.runtime.image.ImageEncoder;
import io.digflink.runtime.image.ImageFormat;
import io.digflink.runtime.model.ModelBundle;
import io.digflink.runtime.model.ModelCatalog;
import io.digflink.runtime.sampling.Guidance;
import io.digflink.runtime.sampling.SamplerType;
import io.digflink.runtime.sampling.TimestepSpacing;
import io.digflink.runtime.sampling.TrajectorySpec;
import io.digflink.runtime.session.Device;
import io.digflink.runtime.session.SessionException;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.apache.commons.io.file.PathUtils;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code bench synthesize}: what a data set's job costs beside the sessions themselves. */
@Command(
    name = "synthesize",
    mixinStandardHelpOptions = true,
    description = {
      "Images a second of dig synthesize over those of a bare loop.",
      "Two data sets are made, one of a quarter of the images: what both take, starting and"
          + " completing, is told apart from what each image takes."
    })
final class SynthesizeBench implements Callable<Integer> {
  private static final int SEED = 1;

  @Spec private CommandSpec spec;

  @Option(
      names = "--images",
      converter = PositiveNumber.class,
      paramLabel = "N",
      description = "Images of the larger data set and the loop (default: ${DEFAULT-VALUE}).")
  private int images = 1024;

  @Option(
      names = "--steps",
      converter = PositiveNumber.class,
      paramLabel = "N",
      description = "Denoising steps of an image (default: ${DEFAULT-VALUE}).")
  private int steps = 20;

  @Option(
      names = "--batch-rows",
      converter = PositiveNumber.class,
      paramLabel = "N",
      description = "Most rows of one denoiser run (default: ${DEFAULT-VALUE}).")
  private int batchRows = 32;

  @Mixin private ModelDirectory models;
  @Mixin private JsonFile json;

  /**
   * What was measured.
   *
   * @param steady images a second between start and end
   * @param fixedSeconds start and end: Flink, sessions, the last shard, the card
   * @param bareLoop images a second
   * @param steadyRatio steady over bareLoop
   * @param wholeRatio the larger data set, start and end included, over bareLoop
   */
  record Figures(
      String model,
      int images,
      int steps,
      double steady,
      double fixedSeconds,
      double bareLoop,
      double steadyRatio,
      double wholeRatio) {}

  @Override
  public Integer call() throws Exception {
    if (images < 8) {
      throw new CommandLine.ParameterException(
          spec.commandLine(), "Expected --images of 8 or more, found " + images);
    }
    PrintWriter out = spec.commandLine().getOut();
    Path directory = models.resolve(out::println);
    ModelCatalog catalog = ModelCatalog.open(directory);
    ModelBundle bundle = catalog.find(catalog.names().iterator().next()).orElseThrow();
    Figures figures = measure(directory, bundle);
    out.printf(
        Locale.ROOT,
        "%s, %d images of %d steps%n%-32s%.2f images/s%n%-32s%.1f s%n%-32s%.2f images/s%n"
            + "%-32s%.3f%n%-32s%.3f%n",
        figures.model(),
        images,
        steps,
        "data set, between start and end",
        figures.steady(),
        "start and end",
        figures.fixedSeconds(),
        "bare loop",
        figures.bareLoop(),
        "ratio",
        figures.steadyRatio(),
        "ratio with start and end",
        figures.wholeRatio());
    out.flush();
    json.write(figures);
    return 0;
  }

  private Figures measure(Path directory, ModelBundle bundle) throws Exception {
    int few = images / 4;
    synthesize(directory, bundle, few); // warms up
    double fewSeconds = synthesize(directory, bundle, few);
    double seconds = synthesize(directory, bundle, images);
    double loop = loop(bundle);
    double steady = (images - few) / (seconds - fewSeconds);
    return new Figures(
        bundle.name(),
        images,
        steps,
        steady,
        seconds - images / steady,
        loop,
        steady / loop,
        images / seconds / loop);
  }

  /** Makes a data set as the command does; returns the seconds. */
  private double synthesize(Path directory, ModelBundle bundle, int count) throws IOException {
    Path temporary = Files.createTempDirectory("bench-synthesize");
    try {
      Path file =
          Files.writeString(
              temporary.resolve("spec.yaml"),
              """
              model: %s
              images: %d
              seed: %d
              samplers: [{name: dpm++, steps: %d}]
              output: {format: webdataset, shard_size: 1000}
              """
                  .formatted(bundle.name(), count, SEED, steps));
      long start = System.nanoTime();
      int exitCode =
          new CommandLine(new SynthesizeCommand())
              .execute(
                  "--spec=" + file,
                  "--out=" + temporary.resolve("out"),
                  "--models=" + directory,
                  "--device=" + Device.of("auto"), // the loop has one, too
                  "--batch-rows=" + batchRows);
      if (exitCode != 0) {
        throw new IOException("dig synthesize ended with exit code " + exitCode);
      }
      return (System.nanoTime() - start) / 1e9;
    } finally {
      PathUtils.deleteDirectory(temporary);
    }
  }

  /** Images a second of the bare loop, with the command's batches. */
  private double loop(ModelBundle bundle) throws SessionException {
    BareLoop.Limits limits =
        new BareLoop.Limits(batchRows, 2 * batchRows, Math.max(1, batchRows / 4));
    ImageEncoder encoder = new ImageEncoder(ImageFormat.PNG, ImageEncoder.DEFAULT_QUALITY);
    try (BareLoop loop =
        new BareLoop(bundle, bundle.latentShape(), Device.of("auto"), 0, limits, encoder)) {
      loop.run(specs(bundle, images / 4));
      return loop.run(specs(bundle, images)).imagesPerSecond();
    }
  }

  private List<TrajectorySpec> specs(ModelBundle bundle, int count) {
    List<TrajectorySpec> specs = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      specs.add(
          new TrajectorySpec(
              SEED,
              i,
              bundle.manifest().classes() == null ? null : i % bundle.manifest().classes().count(),
              bundle.latentShape(),
              SamplerType.DPM_SOLVER_PP_2M,
              steps,
              TimestepSpacing.UNIFORM,
              0,
              Guidance.NONE));
    }
    return specs;
  }
}
