package io.digflink.cli;

import io.digflink.cli.gallery.Gallery;
import io.digflink.cli.gallery.GallerySettings;
import io.digflink.jobs.generate.GenerateOptions;
import io.digflink.jobs.kafka.KafkaAccess;
import java.io.PrintWriter;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code gallery}: a web page that shows what a job does. */
@Command(
    name = "gallery",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description =
        "Serve a web page that shows the requests of a job with their progress, previews and images,"
            + " and sends and cancels requests.")
public final class GalleryCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Mixin private KafkaOptions kafka;

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
      names = "--progress-topic",
      paramLabel = "TOPIC",
      description = "Topic of the progress (default: dig.progress).")
  private String progress = GenerateOptions.PROGRESS_TOPIC.defaultValue();

  @Option(
      names = "--rejected-topic",
      paramLabel = "TOPIC",
      description = "Topic of rejected requests (default: dig.rejected).")
  private String rejected = GenerateOptions.REJECTED_TOPIC.defaultValue();

  @Option(
      names = "--previews-topic",
      paramLabel = "TOPIC",
      description = "Topic of the previews (default: dig.previews).")
  private String previews = GenerateOptions.PREVIEWS_TOPIC.defaultValue();

  @Option(
      names = "--cancellations-topic",
      paramLabel = "TOPIC",
      description = "Topic of the cancellations (default: dig.cancellations).")
  private String cancellations = GenerateOptions.CANCELLATIONS_TOPIC.defaultValue();

  @Option(
      names = "--host",
      paramLabel = "ADDRESS",
      description =
          "Address of this machine that the page listens on; 0.0.0.0 for all (default:"
              + " ${DEFAULT-VALUE}). Whoever reaches it can send and cancel requests.")
  private String host = "127.0.0.1";

  @Option(
      names = "--port",
      paramLabel = "N",
      description = "Port that the page listens on; 0 for any (default: ${DEFAULT-VALUE}).")
  private int port = 8090;

  @Option(
      names = "--images",
      converter = PositiveNumber.class,
      paramLabel = "N",
      description = "Number of images that the page has at most (default: ${DEFAULT-VALUE}).")
  private int remembered = GallerySettings.IMAGES;

  @Option(
      names = "--model",
      paramLabel = "NAME",
      description = "Model that the form suggests (default: ${DEFAULT-VALUE}).")
  private String model = "fashion-dig";

  @Override
  public Integer call() throws Exception {
    boolean alone = address().isLoopbackAddress();
    Properties client = kafka.client();
    KafkaAccess.check(client, List.of(requests, images, progress, rejected));
    if (!alone) {
      say(
          spec.commandLine().getErr(),
          "Warning: the page on "
              + host
              + " has no password: everyone who reaches it can send and cancel requests");
    }
    GallerySettings.Topics topics =
        new GallerySettings.Topics(requests, images, progress, rejected, previews, cancellations);
    GallerySettings settings =
        new GallerySettings(
            client, kafka.registry(), topics, host, port, remembered, model, List.of());
    try (Gallery gallery = Gallery.start(settings)) {
      say(spec.commandLine().getOut(), "Gallery: " + gallery.address());
      say(spec.commandLine().getOut(), "It stays up until you press Ctrl-C.");
      new CountDownLatch(1).await();
    }
    return 0;
  }

  private InetAddress address() {
    try {
      return InetAddress.getByName(host);
    } catch (UnknownHostException e) {
      throw new ParameterException(
          spec.commandLine(),
          "Expected an address of this machine as --host, found "
              + host
              + ": give 127.0.0.1, 0.0.0.0 or the address of a network interface",
          e);
    }
  }

  private static void say(PrintWriter writer, String line) {
    writer.println(line);
    writer.flush();
  }
}
