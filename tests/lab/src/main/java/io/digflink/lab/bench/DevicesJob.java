package io.digflink.lab.bench;

import io.digflink.cli.client.RequestSender;
import io.digflink.cli.client.TopicReader;
import io.digflink.cli.embedded.EmbeddedService;
import io.digflink.jobs.generate.GenerateOptions;
import io.digflink.runtime.model.ModelBundle;
import io.digflink.runtime.sampling.SamplerType;
import io.digflink.schemas.GeneratedImage;
import io.digflink.schemas.GenerationRequest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.UUID;
import org.apache.flink.configuration.Configuration;

/** The whole job on some devices, with a broker and a cluster of its own. */
final class DevicesJob implements AutoCloseable {
  private static final Duration POLL = Duration.ofMillis(50);
  private static final int IMAGES_OF_A_REQUEST = 32;

  /** Of a turn's images: before it the places fill up, after it some devices may be done. */
  private static final double FROM = 0.25;

  private static final double TO = 0.75;

  private final ModelBundle bundle;
  private final int steps;
  private final double guidance;
  private final EmbeddedService service;

  /**
   * A turn.
   *
   * @param rate images per second of its middle
   * @param busy what nvidia-smi said of all GPUs at half of it, in a line
   */
  record Turn(double rate, String busy) {}

  /**
   * Starts the job.
   *
   * @param devices as models.device names them
   */
  DevicesJob(Path models, ModelBundle bundle, String devices, int steps, double guidance)
      throws Exception {
    this.bundle = bundle;
    this.steps = steps;
    this.guidance = guidance;
    Configuration options = new Configuration();
    options.set(GenerateOptions.DEVICE, devices);
    // Sinks of one process find each other by their prefix.
    options.set(GenerateOptions.TRANSACTION_PREFIX, "devices-" + devices.replaceAll("\\W+", "-"));
    this.service = EmbeddedService.start(models, "localhost", options, System.err::println);
  }

  /** Has it make images, by requests of a few each. */
  Turn serve(int images) throws Exception {
    List<Long> times = new ArrayList<>();
    String busy = "";
    try (TopicReader<GeneratedImage> reader =
            TopicReader.fromNow(
                service.client(), service.settings().topics().images(), GeneratedImage.class);
        RequestSender sender =
            new RequestSender(service.client(), service.settings().topics().requests())) {
      for (int left = images; left > 0; left -= IMAGES_OF_A_REQUEST) {
        sender.send(request(Math.min(left, IMAGES_OF_A_REQUEST)));
      }
      while (times.size() < images) {
        for (GeneratedImage image : reader.poll(POLL)) {
          times.add(image.getCompletedAt().toEpochMilli());
        }
        if (busy.isEmpty() && times.size() >= images / 2) {
          busy = busy();
        }
        service.job().checkRunning();
      }
    }
    Collections.sort(times);
    int from = (int) (FROM * images);
    int to = Math.max(from + 1, (int) (TO * images)) - 1;
    double seconds = Math.max(1, times.get(to) - times.get(from)) / 1e3;
    return new Turn((to - from) / seconds, busy);
  }

  private GenerationRequest request(int images) {
    boolean hasClasses = bundle.manifest().classes() != null;
    String id = UUID.randomUUID().toString();
    return GenerationRequest.newBuilder()
        .setRequestId(id)
        .setModel(bundle.name())
        .setLabels(hasClasses ? List.of(0) : List.of())
        .setImagesPerLabel(images)
        .setSeed(id.hashCode())
        .setSampler(SamplerType.DPM_SOLVER_PP_2M.id())
        .setSteps(steps)
        .setGuidanceScale(hasClasses ? guidance : 1)
        .build();
  }

  private static String busy() throws InterruptedException {
    try {
      Process process =
          new ProcessBuilder(
                  "nvidia-smi",
                  "--query-gpu=index,utilization.gpu,memory.used",
                  "--format=csv,noheader")
              .redirectErrorStream(true)
              .start();
      String said =
          new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
      process.waitFor();
      return "nvidia-smi: " + said.replace("\n", "; ");
    } catch (IOException e) {
      return "no nvidia-smi";
    }
  }

  @Override
  public void close() throws IOException {
    service.close();
  }
}
