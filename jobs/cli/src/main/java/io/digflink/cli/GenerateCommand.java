package io.digflink.cli;

import io.digflink.bundle.ModelManifest;
import io.digflink.cli.client.RequestSender;
import io.digflink.cli.client.TopicReader;
import io.digflink.cli.embedded.EmbeddedService;
import io.digflink.jobs.generate.GenerateOptions;
import io.digflink.jobs.kafka.ClientProperties;
import io.digflink.jobs.kafka.KafkaAccess;
import io.digflink.jobs.model.ModelSettings;
import io.digflink.runtime.sampling.SamplerType;
import io.digflink.schemas.GeneratedImage;
import io.digflink.schemas.GenerationRequest;
import io.digflink.schemas.RejectedRequest;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.UUID;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code generate}: sends one request and writes its images. */
@Command(
    name = "generate",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = "Ask for images and write them as files.")
public final class GenerateCommand implements Callable<Integer> {
  private static final Duration POLL = Duration.ofMillis(200);

  @Spec private CommandSpec spec;

  @Option(
      names = "--labels",
      split = ",",
      paramLabel = "NAME",
      description = "Class names or numbers, separated by commas (default: unconditional images).")
  private List<String> labels = List.of();

  @Option(
      names = "--count",
      paramLabel = "N",
      description = "Images of each label (default: ${DEFAULT-VALUE}).")
  private int count = 1;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "The same seed gives the same bytes (default: ${DEFAULT-VALUE}).")
  private long seed = 0;

  @Option(
      names = "--sampler",
      paramLabel = "NAME",
      description = "ddpm, ddim or dpm++ (default: ${DEFAULT-VALUE}).")
  private String sampler = SamplerType.DPM_SOLVER_PP_2M.id();

  @Option(
      names = "--steps",
      paramLabel = "N",
      description = "Denoising steps (default: ${DEFAULT-VALUE}).")
  private int steps = 20;

  @Option(
      names = "--guidance",
      paramLabel = "SCALE",
      description = "Guidance scale, 1 for none (default: ${DEFAULT-VALUE}).")
  private double guidance = 1;

  @Option(
      names = "--size",
      paramLabel = "HxW",
      description = "Image size in pixels (default: the model's).")
  private String size;

  @Option(
      names = "--format",
      paramLabel = "png|jpeg",
      description = "Image files (default: ${DEFAULT-VALUE}).")
  private String format = "png";

  @Option(names = "--out", required = true, paramLabel = "DIR", description = "Where images go.")
  private Path out;

  @Option(
      names = "--model",
      paramLabel = "NAME",
      description = "The bundle's name (default: the only one of --models, else fashion-dig).")
  private String model;

  @Option(
      names = "--timeout",
      paramLabel = "SECONDS",
      description = "Give up after so long (default: ${DEFAULT-VALUE}).")
  private long timeout = 600;

  @Mixin private ModelDirectory models;

  @ArgGroup(exclusive = false, heading = "To use servers of your own:%n")
  private Servers servers;

  /** A Kafka that a running job serves. */
  static final class Servers {
    @Option(
        names = "--bootstrap-servers",
        required = true,
        paramLabel = "HOST:PORT",
        description = "Kafka brokers.")
    private String bootstrapServers;

    @Option(
        names = "--kafka-properties",
        paramLabel = "FILE",
        description =
            "Properties file with further settings of the Kafka client, such as TLS and SASL.")
    private Path properties;

    @Option(
        names = "--requests-topic",
        paramLabel = "TOPIC",
        description = "Topic of the requests (default: dig.requests).")
    private String requests = GenerateOptions.REQUESTS_TOPIC.defaultValue();

    @Option(
        names = "--images-topic",
        paramLabel = "TOPIC",
        description = "Topic of the images (default: dig.images).")
    private String images = GenerateOptions.IMAGES_TOPIC.defaultValue();

    @Option(
        names = "--rejected-topic",
        paramLabel = "TOPIC",
        description = "Topic of what is rejected (default: dig.rejected).")
    private String rejected = GenerateOptions.REJECTED_TOPIC.defaultValue();

    Properties client() {
      Properties client =
          properties == null
              ? new Properties()
              : ClientProperties.read("--kafka-properties", properties);
      client.setProperty("bootstrap.servers", bootstrapServers);
      return client;
    }
  }

  @Override
  public Integer call() throws Exception {
    if (servers != null) {
      Properties client = servers.client();
      KafkaAccess.check(client, List.of(servers.requests, servers.images, servers.rejected));
      String served = model == null ? "fashion-dig" : model;
      return generate(client, served, servers, Optional.empty());
    }
    Path directory = models.resolve(this::say);
    ModelManifest manifest =
        ModelDirectory.only(new ModelSettings(directory.toString(), "auto", 0).manifests(), model);
    try (EmbeddedService service = EmbeddedService.start(directory)) {
      return generate(service.client(), manifest.name(), new Servers(), Optional.of(service));
    }
  }

  private int generate(
      Properties client, String modelName, Servers topics, Optional<EmbeddedService> embedded)
      throws Exception {
    GenerationRequest request = request(modelName);
    int expected = Math.max(1, labels.size()) * count;
    ImageFiles files = new ImageFiles(out);
    ProgressBar bar = new ProgressBar(spec.commandLine().getOut(), expected, "images");
    try (TopicReader<GeneratedImage> images =
            TopicReader.fromNow(client, topics.images, GeneratedImage.class);
        TopicReader<RejectedRequest> rejects =
            TopicReader.fromNow(client, topics.rejected, RejectedRequest.class);
        RequestSender sender = new RequestSender(client, topics.requests)) {
      sender.send(request);
      Instant deadline = Instant.now().plusSeconds(timeout);
      for (int done = 0; done < expected; ) {
        for (GeneratedImage image : images.poll(POLL)) {
          if (image.getRequestId().equals(request.getRequestId())) {
            files.write(image, ImageFiles.className(image) + "-" + image.getIndex());
            bar.step();
            done++;
          }
        }
        checkRejects(rejects, request);
        if (embedded.isPresent()) {
          embedded.get().checkRunning();
        }
        if (Instant.now().isAfter(deadline)) {
          throw new IOException(
              String.format(
                  "Expected %d images within %d s, found %d: is a job serving %s? Or give a longer"
                      + " --timeout",
                  expected, timeout, done, topics.requests));
        }
      }
    }
    say(expected + " images in " + out);
    return 0;
  }

  private static void checkRejects(TopicReader<RejectedRequest> rejects, GenerationRequest request)
      throws IOException {
    for (RejectedRequest reject : rejects.poll(Duration.ZERO)) {
      if (request.getRequestId().equals(reject.getRequestId())) {
        throw new IOException("Rejected: " + reject.getMessage());
      }
    }
  }

  private GenerationRequest request(String modelName) {
    boolean numbers = labels.stream().allMatch(label -> label.matches("\\d{1,9}"));
    int[] pixels = size == null ? null : pixels();
    return GenerationRequest.newBuilder()
        // It is in the image files. Among the answers of a shared job it must be unique.
        .setRequestId(servers == null ? "generate" : UUID.randomUUID().toString())
        .setModel(modelName)
        .setLabels(numbers ? labels.stream().map(Integer::valueOf).toList() : List.of())
        .setClassNames(numbers ? List.of() : labels)
        .setImagesPerLabel(count)
        .setSeed(seed)
        .setSampler(sampler)
        .setSteps(steps)
        .setGuidanceScale(guidance)
        .setHeight(pixels == null ? null : pixels[0])
        .setWidth(pixels == null ? null : pixels[1])
        .setImageFormat(format)
        .setCreatedAt(Instant.now())
        .build();
  }

  private int[] pixels() {
    if (!size.matches("\\d{1,5}x\\d{1,5}")) {
      throw new IllegalArgumentException(
          "Expected --size as HEIGHTxWIDTH in pixels, such as 256x256, found " + size);
    }
    String[] parts = size.split("x");
    return new int[] {Integer.parseInt(parts[0]), Integer.parseInt(parts[1])};
  }

  private void say(String line) {
    PrintWriter writer = spec.commandLine().getOut();
    writer.println(line);
    writer.flush();
  }
}
