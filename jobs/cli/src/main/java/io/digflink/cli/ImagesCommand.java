package io.digflink.cli;

import io.digflink.cli.client.RecordReader;
import io.digflink.cli.client.TopicReader;
import io.digflink.jobs.generate.GenerateOptions;
import io.digflink.jobs.kafka.KafkaAccess;
import io.digflink.schemas.GeneratedImage;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Properties;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code images}: reads the images of a topic. */
@Command(
    name = "images",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description =
        "Read the committed images of a topic, in whatever format: print a line for each, or write"
            + " their files.")
public final class ImagesCommand implements Callable<Integer> {
  private static final Duration POLL = Duration.ofMillis(200);
  private static final int LONGEST_ID_IN_NAME = 180;

  @Spec private CommandSpec spec;

  @Mixin private KafkaOptions kafka;

  @Option(
      names = "--images-topic",
      paramLabel = "TOPIC",
      description = "Topic of the images (default: dig.images).")
  private String topic = GenerateOptions.IMAGES_TOPIC.defaultValue();

  @Option(
      names = "--request",
      paramLabel = "ID",
      description = "Only images of this request (default: all).")
  private String request;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "Write the files to this directory, as REQUEST-INDEX.png.")
  private Path out;

  @Option(
      names = "--follow",
      description = "Go on with what comes, until Ctrl-C, instead of ending at the topic's end.")
  private boolean follow;

  @Override
  public Integer call() throws Exception {
    if (out != null) {
      OutputPath.directory("--out", out);
    }
    Properties client = kafka.client();
    KafkaAccess.check(client, List.of(topic));
    ImageFiles files = out == null ? null : new ImageFiles(out);
    RecordReader<GeneratedImage> records =
        new RecordReader<>(GeneratedImage.class, kafka.registry());
    try (TopicReader<GeneratedImage> images = TopicReader.fromStart(client, topic, records)) {
      while (follow || !images.isAtEnd()) {
        for (GeneratedImage image : images.poll(POLL)) {
          if (request == null || request.equals(image.getRequestId())) {
            take(image, files);
          }
        }
      }
    }
    return 0;
  }

  private void take(GeneratedImage image, ImageFiles files) throws IOException {
    PrintWriter writer = spec.commandLine().getOut();
    if (files != null) {
      writer.println(files.write(image, nameOf(image.getRequestId()) + "-" + image.getIndex()));
    } else {
      writer.println(lineOf(image));
    }
    writer.flush();
  }

  /** Ids may be anything: what is no plain character of file names is escaped. */
  private static String nameOf(String requestId) {
    String name = URLEncoder.encode(requestId, StandardCharsets.UTF_8).replace("*", "%2A");
    return name.length() <= LONGEST_ID_IN_NAME
        ? name
        : name.substring(0, LONGEST_ID_IN_NAME) + "-" + Integer.toHexString(requestId.hashCode());
  }

  private static String lineOf(GeneratedImage image) {
    return String.format(
        Locale.ROOT,
        "%s %d/%d %s seed %d %s %d steps %dx%d %s %d bytes %s",
        image.getRequestId(),
        image.getIndex() + 1,
        image.getCount(),
        image.getLabel() == null ? "unconditional" : ImageFiles.className(image),
        image.getSeed(),
        image.getSampler(),
        image.getSteps(),
        image.getWidth(),
        image.getHeight(),
        image.getFormat(),
        image.getSize(),
        image.getUri() == null ? image.getSha256() : image.getUri());
  }
}
