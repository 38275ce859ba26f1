package io.digflink.cli;

import io.digflink.bundle.ModelManifest;
import io.digflink.cli.client.ImageContent;
import io.digflink.cli.client.RequestSender;
import io.digflink.cli.embedded.EmbeddedService;
import io.digflink.cli.embedded.JobMetrics;
import io.digflink.cli.gallery.Gallery;
import io.digflink.cli.gallery.GallerySettings;
import io.digflink.jobs.generate.GenerateSettings;
import io.digflink.jobs.model.ModelSettings;
import io.digflink.runtime.image.ContactSheet;
import io.digflink.runtime.image.ImageEncoder;
import io.digflink.runtime.image.ImageFormat;
import io.digflink.schemas.GeneratedImage;
import io.digflink.schemas.GenerationRequest;
import io.digflink.schemas.codec.WireFormat;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import javax.imageio.ImageIO;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code demo}: broker, cluster, job and requests in one process; images as files. */
@Command(
    name = "demo",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description =
        "Start a broker, a cluster and the job in this process, and make images with the demo"
            + " model.")
public final class DemoCommand implements Callable<Integer> {
  private static final int COLUMNS = 10;
  private static final int CELL = 96;

  @Spec private CommandSpec spec;

  @Option(
      names = "--images",
      converter = PositiveNumber.class,
      paramLabel = "N",
      description = "Number of images (default: ${DEFAULT-VALUE}).")
  private int count = 40;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description =
          "Directory of the images; those of an earlier demo are replaced (default:"
              + " ${DEFAULT-VALUE}).")
  private Path out = Path.of("demo");

  @Option(
      names = "--keep",
      description = "Leave broker, cluster and dashboard up afterwards, with a gallery.")
  private boolean keep;

  @Option(
      names = "--topics-format",
      paramLabel = "FORMAT",
      description =
          "Format of the answers, for other clients with --keep: single-object or json (default:"
              + " ${DEFAULT-VALUE}).")
  private WireFormat format = WireFormat.SINGLE_OBJECT;

  @Option(
      names = "--model",
      paramLabel = "NAME",
      description = "The bundle's name, if there are several.")
  private String model;

  @Mixin private ModelDirectory models;
  @Mixin private Timeout timeout;
  @Mixin private DashboardHost host;

  @Override
  public Integer call() throws Exception {
    if (format == WireFormat.CONFLUENT) {
      throw new ParameterException(
          spec.commandLine(),
          "Expected --topics-format single-object or json, found confluent, which needs a schema"
              + " registry: use dig generate-job");
    }
    String address = host.address();
    OutputPath.directory("--out", out);
    Path directory = models.resolve(this::say);
    ModelManifest manifest =
        ModelDirectory.only(new ModelSettings(directory.toString(), "auto", 0).manifests(), model);
    say("Starting a Kafka broker, a Flink cluster and the job …");
    try (EmbeddedService service = EmbeddedService.start(directory, address, format, this::warn)) {
      say("Devices: " + DeviceList.used(service.devices(), service.devices().size()));
      say("Dashboard: " + service.dashboard());
      timeout.start();
      serve(service, DemoRequests.of(manifest, count, timeout.at()));
      if (keep) {
        say("Kafka: " + service.client().getProperty("bootstrap.servers"));
        keepUp(service, manifest);
      }
    }
    return 0;
  }

  private void keepUp(EmbeddedService service, ModelManifest manifest) throws Exception {
    GenerateSettings.Topics topics = service.settings().topics();
    GallerySettings settings =
        new GallerySettings(
            service.client(),
            null,
            new GallerySettings.Topics(
                topics.requests(),
                topics.images(),
                topics.progress(),
                topics.rejected(),
                topics.previews(),
                topics.cancellations()),
            "127.0.0.1",
            0,
            GallerySettings.IMAGES,
            manifest.name(),
            classNames(manifest));
    try (Gallery gallery = Gallery.start(settings)) {
      say("Gallery: " + gallery.address());
      say("Everything stays up until you press Ctrl-C.");
      while (true) {
        TimeUnit.SECONDS.sleep(1);
        service.job().checkRunning();
      }
    }
  }

  private static List<String> classNames(ModelManifest manifest) {
    boolean named = manifest.classes() != null && manifest.classes().names() != null;
    return named ? manifest.classes().names() : List.of();
  }

  private void serve(EmbeddedService service, List<GenerationRequest> requests) throws Exception {
    Latencies latencies = new Latencies();
    Map<String, GeneratedImage> images = new HashMap<>();
    ImageFiles files = new ImageFiles(out);
    ProgressBar bar = new ProgressBar(spec.commandLine().getOut(), count, "images");
    GenerateSettings.Topics topics = service.settings().topics();
    try (AwaitedImages awaited =
            new AwaitedImages(service.client(), topics.images(), topics.rejected(), null);
        RequestSender sender = new RequestSender(service.client(), topics.requests())) {
      for (GenerationRequest request : requests) {
        latencies.sent(request.getRequestId());
        sender.send(request);
      }
      awaited.await(
          requests.stream().map(GenerationRequest::getRequestId).collect(Collectors.toSet()),
          count,
          timeout,
          Optional.of(service.job()),
          image -> {
            latencies.arrived(image.getRequestId());
            images.put(image.getRequestId(), image);
            files.write(image, image.getRequestId() + "-" + ImageFiles.className(image));
            bar.step();
          });
    }
    double seconds = bar.seconds();
    Path sheet = writeSheet(requests, images);
    double rows =
        new JobMetrics(service.dashboard()).mean(service.job().id(), "Denoise.rowsPerBatch");
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
            "rows per batch, mean",
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
      BufferedImage picture = ImageIO.read(new ByteArrayInputStream(ImageContent.of(image)));
      String label =
          image.getClassName() != null ? image.getClassName() : String.valueOf(image.getLabel());
      sheet.add(picture, label);
    }
    Path file = out.resolve("demo.png");
    Files.write(
        file, new ImageEncoder(ImageFormat.PNG, ImageEncoder.DEFAULT_QUALITY).encode(sheet.draw()));
    return file;
  }

  private void warn(String line) {
    PrintWriter err = spec.commandLine().getErr();
    err.println(line);
    err.flush();
  }

  private void say(String line) {
    PrintWriter writer = spec.commandLine().getOut();
    writer.println(line);
    writer.flush();
  }
}
