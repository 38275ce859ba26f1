package io.digflink.tests.bench;

import io.digflink.cli.ModelDirectory;
import io.digflink.cli.client.RequestSender;
import io.digflink.cli.client.TopicReader;
import io.digflink.cli.embedded.EmbeddedService;
import io.digflink.jobs.generate.GenerateOptions;
import io.digflink.runtime.image.ImageEncoder;
import io.digflink.runtime.image.ImageFormat;
import io.digflink.runtime.model.ModelBundle;
import io.digflink.runtime.model.ModelCatalog;
import io.digflink.runtime.sampling.Guidance;
import io.digflink.runtime.sampling.SamplerType;
import io.digflink.runtime.sampling.TimestepSpacing;
import io.digflink.runtime.sampling.TrajectorySpec;
import io.digflink.runtime.session.Device;
import io.digflink.schemas.GeneratedImage;
import io.digflink.schemas.GenerationRequest;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code bench pipeline}: what Kafka and Flink cost beside the sessions themselves. */
@Command(
    name = "pipeline",
    mixinStandardHelpOptions = true,
    description = {
      "Images a second of the whole job over those of a bare loop.",
      "Two requests are served, one of a quarter of the images: what both take, the first latents'"
          + " way through the job and the last ones', is told apart from what each image takes."
    })
final class PipelineBench implements Callable<Integer> {
  private static final int STEPS = 20;
  private static final Device DEVICE = Device.of("auto");
  private static final Duration POLL = Duration.ofMillis(50);

  @Spec private CommandSpec spec;

  @Option(
      names = "--images",
      paramLabel = "N",
      description = "Images of each measurement (default: ${DEFAULT-VALUE}).")
  private int images = 512;

  @Option(
      names = "--guidance",
      paramLabel = "SCALE",
      description = "Guidance scale; every scale but 1 takes two rows a step (default: 1).")
  private double guidanceScale = 1;

  @Mixin private ModelDirectory models;
  @Mixin private JsonFile json;

  /**
   * What was measured.
   *
   * @param guidanceScale of every step
   * @param steady images a second of the job between start and end
   * @param bareLoop images a second
   * @param denoiserShare part of the bare loop's time in runs of the denoiser
   * @param decoderShare part of it in runs of the decoder
   * @param steadyRatio steady over bareLoop
   * @param wholeRatio the larger request, start and end included, over bareLoop
   */
  record Figures(
      String model,
      int images,
      int steps,
      double guidanceScale,
      double steady,
      double bareLoop,
      double denoiserShare,
      double decoderShare,
      double steadyRatio,
      double wholeRatio) {}

  @Override
  public Integer call() throws Exception {
    PrintWriter out = spec.commandLine().getOut();
    Path directory = models.resolve(out::println);
    ModelCatalog catalog = ModelCatalog.open(directory);
    ModelBundle bundle = catalog.find(catalog.names().iterator().next()).orElseThrow();
    Figures figures = measure(directory, bundle);
    out.printf(
        Locale.ROOT,
        "%s, %d images of %d steps, guidance scale %.1f%n%-34s%.2f images/s%n%-34s%.2f images/s%n"
            + "%-34s%.0f %%, decoder %.0f %%%n%-34s%.3f%n%-34s%.3f%n",
        figures.model(),
        images,
        STEPS,
        guidanceScale,
        "whole job, between start and end",
        figures.steady(),
        "bare loop",
        figures.bareLoop(),
        "of which denoiser",
        100 * figures.denoiserShare(),
        100 * figures.decoderShare(),
        "ratio",
        figures.steadyRatio(),
        "ratio with start and end",
        figures.wholeRatio());
    out.flush();
    json.write(figures);
    return 0;
  }

  private Figures measure(Path directory, ModelBundle bundle) throws Exception {
    ImageEncoder encoder = new ImageEncoder(ImageFormat.PNG, ImageEncoder.DEFAULT_QUALITY);
    try (EmbeddedService service = EmbeddedService.start(directory);
        BareLoop loop = new BareLoop(bundle, bundle.latentShape(), DEVICE, 0, limits(), encoder)) {
      serve(service, bundle, "warm-up", limits().maxBatchRows());
      loop.run(specs(bundle, limits().maxBatchRows()));
      int few = images / 4;
      double fewSeconds = serve(service, bundle, "a-quarter", few);
      double seconds = serve(service, bundle, "measured", images);
      BareLoop.Result result = loop.run(specs(bundle, images));
      double bare = result.imagesPerSecond();
      double steady = (images - few) / (seconds - fewSeconds);
      return new Figures(
          bundle.name(),
          images,
          STEPS,
          guidanceScale,
          steady,
          bare,
          result.denoiserNanos() / (double) result.nanos(),
          result.decoderNanos() / (double) result.nanos(),
          steady / bare,
          images / seconds / bare);
    }
  }

  /** The job's defaults. */
  private static BareLoop.Limits limits() {
    return new BareLoop.Limits(
        DEVICE.suitableRows(),
        GenerateOptions.MAX_IN_FLIGHT.defaultValue(),
        GenerateOptions.DECODE_BATCH.defaultValue());
  }

  /** Seconds from sending a request of so many images to the last one's encoding. */
  private double serve(EmbeddedService service, ModelBundle bundle, String id, int count)
      throws Exception {
    boolean classes = bundle.manifest().classes() != null;
    GenerationRequest request =
        GenerationRequest.newBuilder()
            .setRequestId(id)
            .setModel(bundle.name())
            .setLabels(classes ? List.of(0) : List.of())
            .setImagesPerLabel(count)
            .setSampler(SamplerType.DPM_SOLVER_PP_2M.id())
            .setSteps(STEPS)
            .setGuidanceScale(guidanceScale)
            .build();
    try (TopicReader<GeneratedImage> reader =
            TopicReader.fromNow(
                service.client(), service.settings().topics().images(), GeneratedImage.class);
        RequestSender sender =
            new RequestSender(service.client(), service.settings().topics().requests())) {
      long start = System.currentTimeMillis();
      sender.send(request);
      long end = start;
      for (int done = 0; done < count; ) {
        for (GeneratedImage image : reader.poll(POLL)) {
          end = Math.max(end, image.getCompletedAt().toEpochMilli());
          done++;
        }
        service.checkRunning();
      }
      return (end - start) / 1e3;
    }
  }

  private List<TrajectorySpec> specs(ModelBundle bundle, int count) {
    List<TrajectorySpec> specs = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      specs.add(
          new TrajectorySpec(
              0,
              i,
              bundle.manifest().classes() == null ? null : 0,
              bundle.latentShape(),
              SamplerType.DPM_SOLVER_PP_2M,
              STEPS,
              TimestepSpacing.UNIFORM,
              0,
              new Guidance(guidanceScale)));
    }
    return specs;
  }
}
