package io.digflink.lab.bench;

import com.sun.management.OperatingSystemMXBean;
import io.digflink.cli.client.RequestSender;
import io.digflink.cli.client.TopicReader;
import io.digflink.cli.embedded.EmbeddedService;
import io.digflink.jobs.generate.GenerateOptions;
import io.digflink.jobs.model.ModelSettings;
import io.digflink.runtime.image.ImageEncoder;
import io.digflink.runtime.image.ImageFormat;
import io.digflink.runtime.model.ModelBundle;
import io.digflink.runtime.model.SuitableBatches;
import io.digflink.runtime.sampling.Guidance;
import io.digflink.runtime.sampling.SamplerType;
import io.digflink.runtime.sampling.TimestepSpacing;
import io.digflink.runtime.sampling.TrajectorySpec;
import io.digflink.runtime.session.DecoderSession;
import io.digflink.runtime.session.DenoiserSession;
import io.digflink.runtime.session.Device;
import io.digflink.runtime.session.SessionException;
import io.digflink.schemas.GeneratedImage;
import io.digflink.schemas.GenerationRequest;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.stream.IntStream;
import org.apache.flink.configuration.Configuration;

/**
 * The whole job and a bare loop over the same sessions, in turns: a machine that slows down slows
 * both.
 *
 * <pre>
 *   job:  sent ─ first images fill the places in flight ─┬─ images of the round ─┐
 *   loop:                                                                        └─ as many ─┐ …
 * </pre>
 *
 * <p>The first images of a request leave nothing for the decoder to do while they are denoised, as
 * no image of a stream that goes on does: the round's rate is that of the images after them.
 */
final class PipelineRounds implements AutoCloseable {
  private static final Device DEVICE = Device.of("auto");
  private static final OperatingSystemMXBean PROCESS =
      ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
  private static final Duration POLL = Duration.ofMillis(50);

  private final ModelBundle bundle;
  private final int images;
  private final int steps;
  private final double guidanceScale;
  private final EmbeddedService service;
  private final BareLoop.Limits limits;
  private final BareLoop loop;
  private Loop before;

  /** A turn of the bare loop and the processor's seconds that an image of it took. */
  private record Loop(BareLoop.Result result, double cpuSeconds) {}

  /**
   * One turn of both.
   *
   * @param job images a second, once the places in flight are filled
   * @param whole images a second from sending the request to its last image
   * @param bareLoop images a second, mean of the loops before and after
   * @param denoiserShare part of the loop's time in runs of the denoiser
   * @param decoderShare part of it in runs of the decoder
   * @param jobCpu seconds of all processors that an image of the job took, the broker and the
   *     client of this process included
   * @param bareLoopCpu likewise of the loop
   */
  record Round(
      double job,
      double whole,
      double bareLoop,
      double denoiserShare,
      double decoderShare,
      double jobCpu,
      double bareLoopCpu) {
    double ratio() {
      return job / bareLoop;
    }

    double wholeRatio() {
      return whole / bareLoop;
    }

    double cpuRatio() {
      return jobCpu / bareLoopCpu;
    }
  }

  /**
   * Starts the job and warms both up.
   *
   * @param directory directory of the bundle
   * @param images images of a round
   */
  PipelineRounds(Path directory, ModelBundle bundle, int images, int steps, double guidanceScale)
      throws Exception {
    this.bundle = bundle;
    this.images = images;
    this.steps = steps;
    this.guidanceScale = guidanceScale;
    ImageEncoder encoder = new ImageEncoder(ImageFormat.PNG, ImageEncoder.DEFAULT_QUALITY);
    Configuration options = new Configuration();
    options.set(GenerateOptions.DEVICE, DEVICE.toString());
    this.service = EmbeddedService.start(directory, "localhost", options, System.err::println);
    this.limits = limits(bundle);
    this.loop = new BareLoop(bundle, bundle.latentShape(), DEVICE, 0, limits, encoder);
    serve();
    loop();
    this.before = loop();
  }

  /** What the job takes by default; it has measured it already. */
  private static BareLoop.Limits limits(ModelBundle bundle) throws SessionException {
    try (DenoiserSession denoiser = bundle.openDenoiser(DEVICE, 0);
        DecoderSession decoder = bundle.openDecoder(DEVICE, 0)) {
      Duration longest = ModelSettings.LONGEST_STEP;
      return new BareLoop.Limits(
          SuitableBatches.denoiserRows(bundle, denoiser, DEVICE, 0, longest),
          Math.max(64, SuitableBatches.mostRows(DEVICE)),
          SuitableBatches.decoderLatents(bundle, decoder, DEVICE, 0, longest));
    }
  }

  /** Measures a round. */
  Round next() throws Exception {
    long cpuNanos = PROCESS.getProcessCpuTime();
    long[] times = serve();
    cpuNanos = PROCESS.getProcessCpuTime() - cpuNanos;
    Loop first = before;
    Loop second = loop();
    before = second;
    int fill = times.length - 1 - images;
    BareLoop.Result result = second.result();
    return new Round(
        images * 1e3 / (times[fill + images] - times[fill]),
        (fill + images) * 1e3 / (times[fill + images] - times[0]),
        (first.result().imagesPerSecond() + result.imagesPerSecond()) / 2,
        result.denoiserNanos() / (double) result.nanos(),
        result.decoderNanos() / (double) result.nanos(),
        cpuNanos / 1e9 / (fill + images),
        (first.cpuSeconds() + second.cpuSeconds()) / 2);
  }

  /**
   * Has the job serve one request of as many images as there are places in flight, and those of the
   * round.
   *
   * @return when it was sent and when each image was encoded, in milliseconds since the epoch
   */
  private long[] serve() throws Exception {
    int count = limits.maxInFlight() + images;
    long[] times = new long[1 + count];
    GenerationRequest request = request(count);
    try (TopicReader<GeneratedImage> reader =
            TopicReader.fromNow(
                service.client(), service.settings().topics().images(), GeneratedImage.class);
        RequestSender sender =
            new RequestSender(service.client(), service.settings().topics().requests())) {
      times[0] = System.currentTimeMillis();
      sender.send(request);
      for (int done = 0; done < count; ) {
        for (GeneratedImage image : reader.poll(POLL)) {
          times[1 + image.getIndex()] = image.getCompletedAt().toEpochMilli();
          done++;
        }
        service.job().checkRunning();
      }
    }
    return times;
  }

  private GenerationRequest request(int count) {
    return GenerationRequest.newBuilder()
        .setRequestId(UUID.randomUUID().toString())
        .setModel(bundle.name())
        .setLabels(hasClasses() ? List.of(0) : List.of())
        .setImagesPerLabel(count)
        .setSampler(SamplerType.DPM_SOLVER_PP_2M.id())
        .setSteps(steps)
        .setGuidanceScale(guidanceScale)
        .build();
  }

  private Loop loop() throws SessionException {
    long cpuNanos = PROCESS.getProcessCpuTime();
    BareLoop.Result result = loop.run(IntStream.range(0, images).mapToObj(this::spec).toList());
    return new Loop(result, (PROCESS.getProcessCpuTime() - cpuNanos) / 1e9 / images);
  }

  private TrajectorySpec spec(int index) {
    return new TrajectorySpec(
        0,
        index,
        hasClasses() ? 0 : null,
        bundle.latentShape(),
        SamplerType.DPM_SOLVER_PP_2M,
        steps,
        TimestepSpacing.UNIFORM,
        0,
        new Guidance(guidanceScale));
  }

  private boolean hasClasses() {
    return bundle.manifest().classes() != null;
  }

  @Override
  public void close() throws IOException {
    loop.close();
    service.close();
  }
}
