package io.digflink.cli;

import io.digflink.bundle.ModelManifest;
import io.digflink.cli.client.RequestSender;
import io.digflink.cli.client.TopicReader;
import io.digflink.cli.embedded.EmbeddedService;
import io.digflink.cli.embedded.JobMetrics;
import io.digflink.jobs.model.ModelSettings;
import io.digflink.runtime.image.ContactSheet;
import io.digflink.runtime.image.ImageEncoder;
import io.digflink.runtime.image.ImageFormat;
import io.digflink.schemas.GeneratedImage;
import io.digflink.schemas.GenerationRequest;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import javax.imageio.ImageIO;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code demo}: broker, cluster, job and requests in one process; images as files. */
@Command(
    name = "demo",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = "Start everything in this process and make images of the demo model.")
public final class DemoCommand implements Callable<Integer> {
  private static final Duration POLL = Duration.ofMillis(100);
  private static final int COLUMNS = 10;
  private static final int CELL = 96;

  @Spec private CommandSpec spec;

  @Option(
      names = "--images",
      paramLabel = "N",
      description = "How many (default: ${DEFAULT-VALUE}).")
  private int count = 40;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "Where images go (default: ${DEFAULT-VALUE}).")
  private Path out = Path.of("demo");

  @Option(names = "--keep", description = "Leave broker, cluster and dashboard up afterwards.")
  private boolean keep;

  @Option(
      names = "--model",
      paramLabel = "NAME",
      description = "The bundle's name, where there are several.")
  private String model;

  @Mixin private ModelDirectory models;

  @Override
  public Integer call() throws Exception {
    if (count < 1) {
      throw new IllegalArgumentException("Expected --images of 1 or more, found " + count);
    }
    Path directory = models.resolve(this::say);
    ModelManifest manifest =
        ModelDirectory.only(new ModelSettings(directory.toString(), "auto", 0).manifests(), model);
    say("Starting a Kafka broker, a Flink cluster and the job …");
    try (EmbeddedService service = EmbeddedService.start(directory)) {
      say("Dashboard: " + service.dashboard());
      serve(service, DemoRequests.of(manifest, count));
      if (keep) {
        say("Kafka: " + service.client().getProperty("bootstrap.servers"));
        say("Everything stays up until you press Ctrl-C.");
        new CountDownLatch(1).await();
      }
    }
    return 0;
  }

  private void serve(EmbeddedService service, List<GenerationRequest> requests) throws Exception {
    Latencies latencies = new Latencies();
    Map<String, GeneratedImage> images = new HashMap<>();
    ImageFiles files = new ImageFiles(out);
    ProgressBar bar = new ProgressBar(spec.commandLine().getOut(), count, "images");
    try (TopicReader<GeneratedImage> reader =
            TopicReader.fromStart(
                service.client(), service.settings().topics().images(), GeneratedImage.class);
        RequestSender sender =
            new RequestSender(service.client(), service.settings().topics().requests())) {
      for (GenerationRequest request : requests) {
        latencies.sent(request.getRequestId());
        sender.send(request);
      }
      while (images.size() < count) {
        for (GeneratedImage image : reader.poll(POLL)) {
          latencies.arrived(image.getRequestId());
          images.put(image.getRequestId(), image);
          files.write(image, image.getRequestId() + "-" + ImageFiles.className(image));
          bar.step();
        }
        service.checkRunning();
      }
    }
    double seconds = bar.seconds();
    Path sheet = writeSheet(requests, images);
    double rows = new JobMetrics(service.dashboard()).mean(service.job(), "Denoise.rowsPerBatch");
    say(
        String.format(
            Locale.ROOT,
            "%n%-28s%d%n%-28s%.1f%n%-28s%.2f%n%-28s%.2f s%n%-28s%.2f s%n%-28s%.1f%n%-28s%s%n%-28s%s",
            "images",
            count,
            "seconds",
            seconds,
            "images/s",
            count / seconds,
            "request to image, p50",
            latencies.percentile(50),
            "request to image, p99",
            latencies.percentile(99),
            "rows a batch, mean",
            rows,
            "contact sheet",
            sheet,
            "dashboard",
            keep
                ? service.dashboard()
                : service.dashboard() + " (until now; --keep leaves it up)"));
  }

  private Path writeSheet(List<GenerationRequest> requests, Map<String, GeneratedImage> images)
      throws IOException {
    ContactSheet sheet = new ContactSheet(Math.min(COLUMNS, requests.size()), CELL);
    for (GenerationRequest request : requests) {
      GeneratedImage image = images.get(request.getRequestId());
      BufferedImage picture = ImageIO.read(new ByteArrayInputStream(ImageFiles.content(image)));
      String label =
          image.getClassName() != null ? image.getClassName() : String.valueOf(image.getLabel());
      sheet.add(picture, label);
    }
    Path file = out.resolve("demo.png");
    Files.write(
        file, new ImageEncoder(ImageFormat.PNG, ImageEncoder.DEFAULT_QUALITY).encode(sheet.draw()));
    return file;
  }

  private void say(String line) {
    PrintWriter writer = spec.commandLine().getOut();
    writer.println(line);
    writer.flush();
  }
}
