package io.digflink.cli;

import io.digflink.bundle.ModelManifest;
import io.digflink.cli.client.CancellationSender;
import io.digflink.cli.client.LabelList;
import io.digflink.cli.client.RequestSender;
import io.digflink.cli.embedded.EmbeddedJob;
import io.digflink.cli.embedded.EmbeddedService;
import io.digflink.cli.process.Teardown;
import io.digflink.jobs.generate.GenerateOptions;
import io.digflink.jobs.kafka.KafkaAccess;
import io.digflink.jobs.model.ModelSettings;
import io.digflink.runtime.model.Capabilities;
import io.digflink.runtime.model.UnservableException;
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

  @Mixin private RequestOptions options;

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
  static final class Servers extends KafkaOptions {
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

    @Option(
        names = "--cancellations-topic",
        paramLabel = "TOPIC",
        description = "Topic of the cancellation that Ctrl-C sends (default: dig.cancellations).")
    private String cancellations = GenerateOptions.CANCELLATIONS_TOPIC.defaultValue();
  }

  @Override
  public Integer call() throws Exception {
    options.check();
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

  private int generate(
      Properties client,
      String modelName,
      LabelList classes,
      Servers topics,
      Optional<EmbeddedJob> embedded)
      throws Exception {
    timeout.start();
    GenerationRequest request = request(modelName, classes);
    int expected = Math.max(1, classes.size()) * options.imagesPerLabel();
    ImageFiles files = new ImageFiles(out);
    ProgressBar bar = new ProgressBar(spec.commandLine().getOut(), expected, "images");
    AutoCloseable cancellation = () -> cancel(client, topics.cancellations, request);
    try (AwaitedImages awaited =
            new AwaitedImages(client, topics.images, topics.rejected, topics.registry());
        RequestSender sender = new RequestSender(client, topics.requests)) {
      if (embedded.isEmpty()) {
        Teardown.add(cancellation); // One that overtakes its request holds too.
      }
      sender.send(request);
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
      Teardown.remove(cancellation);
    }
    say(AwaitedImages.count(expected, "image") + " in " + out);
    return 0;
  }

  /** The command ends early: nobody waits for the images that are still to come. */
  private void cancel(Properties client, String topic, GenerationRequest request)
      throws InterruptedException {
    try (CancellationSender sender = new CancellationSender(client, topic)) {
      sender.cancel(request.getRequestId());
      warn("Cancelled request " + request.getRequestId());
    } catch (IllegalStateException e) {
      warn(
          e.getMessage()
              + ": the job goes on with it until it is done, or until its deadline at "
              + request.getDeadline());
    }
  }

  /** The classes of the command line, which is at fault if the model does not have them. */
  private LabelList labels(ModelManifest manifest) {
    try {
      return manifest == null
          ? LabelList.parse(options.labels())
          : LabelList.parse(options.labels(), Capabilities.of(manifest));
    } catch (IllegalArgumentException | UnservableException e) {
      throw new ParameterException(spec.commandLine(), "--labels: " + e.getMessage(), e);
    }
  }

  private GenerationRequest request(String modelName, LabelList classes) {
    return options
        .request(modelName, classes)
        // It is in the image files. Among the answers of a shared job it must be unique.
        .setRequestId(servers == null ? "generate" : UUID.randomUUID().toString())
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
