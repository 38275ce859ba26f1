package io.digflink.cli;

import io.digflink.bundle.ModelManifest;
import io.digflink.cli.client.LabelList;
import io.digflink.cli.client.RequestSender;
import io.digflink.cli.embedded.EmbeddedJob;
import io.digflink.cli.embedded.EmbeddedService;
import io.digflink.cli.process.Teardown;
import io.digflink.export.ImageSize;
import io.digflink.jobs.generate.GenerateOptions;
import io.digflink.jobs.kafka.ClientProperties;
import io.digflink.jobs.kafka.KafkaAccess;
import io.digflink.jobs.model.ModelSettings;
import io.digflink.runtime.image.ImageFormat;
import io.digflink.runtime.model.Capabilities;
import io.digflink.runtime.model.UnservableException;
import io.digflink.runtime.sampling.SamplerType;
import io.digflink.schemas.GenerationRequest;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code generate}: sends one request and writes its images. */
@Command(
    name = "generate",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = "Ask for images and write them as files.")
public final class GenerateCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(
      names = "--labels",
      paramLabel = "NAME",
      description =
          "Class names or numbers, separated by commas; a name with a comma in double quotes. May be"
              + " repeated (default: unconditional images).")
  private List<String> labels = List.of();

  @Option(
      names = "--count",
      converter = PositiveNumber.class,
      paramLabel = "N",
      description = "Number of images per label (default: ${DEFAULT-VALUE}).")
  private int count = 1;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "The same seed gives the same bytes (default: ${DEFAULT-VALUE}).")
  private long seed = 0;

  @Option(
      names = "--sampler",
      paramLabel = "NAME",
      description = "Sampler: ddpm, ddim or dpm++ (default: ${DEFAULT-VALUE}).")
  private String sampler = SamplerType.DPM_SOLVER_PP_2M.id();

  @Option(
      names = "--steps",
      converter = PositiveNumber.class,
      paramLabel = "N",
      description = "Denoising steps (default: ${DEFAULT-VALUE}).")
  private int steps = 20;

  @Option(
      names = "--guidance",
      paramLabel = "SCALE",
      description = "Guidance scale; 1 means none (default: ${DEFAULT-VALUE}).")
  private double guidance = 1;

  @Option(
      names = "--size",
      paramLabel = "HxW",
      description = "Image size in pixels, 256 or HEIGHTxWIDTH (default: the model's).")
  private String size;

  @Option(
      names = "--format",
      paramLabel = "png|jpeg",
      description = "Format of the image files (default: ${DEFAULT-VALUE}).")
  private String format = "png";

  @Option(
      names = "--out",
      required = true,
      paramLabel = "DIR",
      description = "New or empty directory for the images.")
  private Path out;

  @Option(
      names = "--force",
      description = "Write to --out even if it has files; those of the same names are replaced.")
  private boolean force;

  @Option(
      names = "--model",
      paramLabel = "NAME",
      description = "The bundle's name (default: the only one of --models, else fashion-dig).")
  private String model;

  @Mixin private ModelDirectory models;
  @Mixin private Timeout timeout;

  @ArgGroup(exclusive = false, heading = "To ask a running job:%n")
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
        description = "Topic of rejected requests (default: dig.rejected).")
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
    checkValues();
    if (!force) {
      OutputPath.refuseFilled("--out", out);
    }
    OutputPath.directory("--out", out);
    if (servers != null) {
      Properties client = servers.client();
      KafkaAccess.check(client, List.of(servers.requests, servers.images, servers.rejected));
      String served = model == null ? "fashion-dig" : model;
      return generate(client, served, labels(null), servers, Optional.empty());
    }
    Path directory = models.resolve(this::say);
    ModelManifest manifest =
        ModelDirectory.only(new ModelSettings(directory.toString(), "auto", 0).manifests(), model);
    LabelList known = labels(manifest);
    try (EmbeddedService service = EmbeddedService.start(directory, "localhost", this::warn)) {
      return generate(
          service.client(), manifest.name(), known, new Servers(), Optional.of(service.job()));
    }
  }

  /** What is wrong whatever the model is; the rest is the job's to judge. */
  private void checkValues() {
    SamplerType.of(sampler);
    ImageFormat.of(format);
    if (size != null) {
      ImageSize.parse(size);
    }
  }

  private int generate(
      Properties client,
      String modelName,
      LabelList classes,
      Servers topics,
      Optional<EmbeddedJob> embedded)
      throws Exception {
    timeout.start();
    GenerationRequest request = request(modelName, classes);
    int expected = Math.max(1, classes.size()) * count;
    ImageFiles files = new ImageFiles(out);
    ProgressBar bar = new ProgressBar(spec.commandLine().getOut(), expected, "images");
    AutoCloseable notice = () -> sayThatItGoesOn(request);
    try (AwaitedImages awaited = new AwaitedImages(client, topics.images, topics.rejected);
        RequestSender sender = new RequestSender(client, topics.requests)) {
      sender.send(request);
      if (embedded.isEmpty()) {
        Teardown.add(notice);
      }
      awaited.await(
          Set.of(request.getRequestId()),
          expected,
          timeout,
          embedded,
          image -> {
            files.write(image, ImageFiles.className(image) + "-" + image.getIndex());
            bar.step();
          });
    } finally {
      Teardown.remove(notice);
    }
    say(AwaitedImages.count(expected, "image") + " in " + out);
    return 0;
  }

  /** There is no record yet that cancels a request. */
  private void sayThatItGoesOn(GenerationRequest request) {
    warn(
        "Request "
            + request.getRequestId()
            + " was sent and cannot be taken back: the job goes on with it until it is done, or"
            + " until its deadline at "
            + request.getDeadline());
  }

  /** The classes of the command line, which is at fault if the model does not have them. */
  private LabelList labels(ModelManifest manifest) {
    try {
      return manifest == null
          ? LabelList.parse(labels)
          : LabelList.parse(labels, Capabilities.of(manifest));
    } catch (IllegalArgumentException | UnservableException e) {
      throw new ParameterException(spec.commandLine(), "--labels: " + e.getMessage(), e);
    }
  }

  private GenerationRequest request(String modelName, LabelList classes) {
    ImageSize pixels = size == null ? null : ImageSize.parse(size);
    return GenerationRequest.newBuilder()
        .setRequestId(UUID.randomUUID().toString())
        .setModel(modelName)
        .setLabels(classes.numbers())
        .setClassNames(classes.names())
        .setImagesPerLabel(count)
        .setSeed(seed)
        .setSampler(sampler)
        .setSteps(steps)
        .setGuidanceScale(guidance)
        .setHeight(pixels == null ? null : pixels.height())
        .setWidth(pixels == null ? null : pixels.width())
        .setImageFormat(format)
        .setCreatedAt(Instant.now())
        .setDeadline(timeout.at())
        .build();
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
