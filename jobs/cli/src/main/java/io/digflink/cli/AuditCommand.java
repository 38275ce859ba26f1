package io.digflink.cli;

import io.digflink.cli.audit.Audit;
import io.digflink.cli.audit.AuditReport;
import io.digflink.cli.audit.RequestAudit;
import io.digflink.jobs.generate.GenerateOptions;
import io.digflink.jobs.kafka.KafkaAccess;
import io.digflink.runtime.model.ModelCatalog;
import io.digflink.runtime.session.Device;
import io.digflink.runtime.session.SessionException;
import io.digflink.runtime.verify.ImageVerifier;
import io.digflink.runtime.verify.Verdict;
import io.digflink.schemas.GeneratedImage;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.Random;
import java.util.concurrent.Callable;
import org.apache.kafka.common.utils.Utils;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code audit}: says of every request what came of it. */
@Command(
    name = "audit",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Say of every request on a topic what came of it: answered, rejected, in progress, lost,"
          + " twice or conflicting; and whether the images' digests are those of their bytes.",
      "It reads what is committed, and writes temporary files of some 80 bytes a record."
    },
    exitCodeListHeading = "Exit codes:%n",
    exitCodeList = {
      "0:nothing is lost, twice, conflicting or damaged",
      "1:something is; a line for each of the first problems says what",
      "2:wrong options"
    })
public final class AuditCommand implements Callable<Integer> {
  private static final int SHOWN = 20;

  @Spec private CommandSpec spec;

  @Mixin private KafkaOptions kafka;

  @Option(
      names = "--group-id",
      paramLabel = "ID",
      description = "The job's consumer group: what it has read (default: dig-generate).")
  private String groupId = GenerateOptions.GROUP_ID.defaultValue();

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
      description = "Topic of the rejects (default: dig.rejected).")
  private String rejected = GenerateOptions.REJECTED_TOPIC.defaultValue();

  @Option(
      names = "--since",
      paramLabel = "TIME",
      description = "Only what came since then, such as 2026-11-27T00:00:00Z (default: all).")
  private Instant since;

  @Option(
      names = "--patience",
      defaultValue = "3600",
      converter = PositiveNumber.class,
      paramLabel = "SECONDS",
      description =
          "A request that was read, is older and has no answer is lost (default:"
              + " ${DEFAULT-VALUE}).")
  private int patience;

  @Option(
      names = "--problems",
      paramLabel = "FILE",
      description = "Write a line for every problem to this file; 20 are shown in any case.")
  private Path problems;

  @Option(
      names = "--models",
      paramLabel = "DIR",
      description = "Make a sample of the images again with the bundles of this directory.")
  private Path models;

  @Option(
      names = "--sample",
      defaultValue = "10",
      converter = PositiveNumber.class,
      paramLabel = "N",
      description = "Images to make again (default: ${DEFAULT-VALUE}).")
  private int sample;

  @Override
  public Integer call() throws Exception {
    Properties client = kafka.client();
    KafkaAccess.check(client, List.of(requests, images, progress, rejected));
    Audit.Question question =
        new Audit.Question(
            client,
            groupId,
            requests,
            images,
            progress,
            rejected,
            kafka.registry(),
            since,
            Duration.ofSeconds(patience));
    PrintWriter out = spec.commandLine().getOut();
    Path directory = Files.createTempDirectory("dig-audit");
    try (Shown shown = new Shown()) {
      AuditReport report = Audit.run(question, directory, shown);
      out.print(report);
      out.flush();
      return report.isGood() & makesAgain(shown.files) ? 0 : 1;
    } finally {
      Files.deleteIfExists(directory);
    }
  }

  private boolean makesAgain(List<byte[]> files) throws IOException, SessionException {
    if (models == null) {
      return true;
    }
    int same = 0;
    PrintWriter out = spec.commandLine().getOut();
    try (ImageVerifier verifier =
        new ImageVerifier(ModelCatalog.open(models), Device.of("auto"), 0)) {
      for (byte[] file : files) {
        Verdict verdict = verifier.verify(file);
        same += verdict.verified() ? 1 : 0;
        if (!verdict.verified()) {
          out.println("An image of the sample " + verdict.message());
        }
      }
    }
    out.printf("%-32s%,15d of %,d%n", "images of the sample made again", same, files.size());
    out.flush();
    return same == files.size();
  }

  /** Shows problems, keeps a sample of the images. */
  private final class Shown implements Audit.Listener, AutoCloseable {
    private final List<byte[]> files = new ArrayList<>();
    private final Random random = new Random(0);
    private final BufferedWriter writer;
    private long seen;
    private int shown;

    Shown() throws IOException {
      writer = problems == null ? null : Files.newBufferedWriter(problems);
    }

    @Override
    public void progress(String line) {
      spec.commandLine().getErr().println(line);
      spec.commandLine().getErr().flush();
    }

    /** Each image is as likely in the sample as any other. */
    @Override
    public void image(GeneratedImage image) {
      if (models == null || image.getBytes() == null) {
        return;
      }
      long place = seen++ < sample ? seen - 1 : random.nextLong(seen);
      if (place < sample) {
        byte[] file = Utils.toArray(image.getBytes());
        if (place < files.size()) {
          files.set((int) place, file);
        } else {
          files.add(file);
        }
      }
    }

    @Override
    public void problem(RequestAudit request) {
      String line = request.toString();
      if (shown++ < SHOWN) {
        spec.commandLine().getOut().println(line);
      }
      if (writer != null) {
        try {
          writer.write(line);
          writer.newLine();
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
      }
    }

    @Override
    public void close() throws IOException {
      if (writer != null) {
        writer.close();
      }
    }
  }
}
