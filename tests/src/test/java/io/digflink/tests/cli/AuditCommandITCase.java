package io.digflink.tests.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.digflink.cli.Dig;
import io.digflink.jobs.generate.GenerateSettings;
import io.digflink.schemas.GeneratedImage;
import io.digflink.schemas.GenerationRequest;
import io.digflink.schemas.RequestProgress;
import io.digflink.schemas.RequestState;
import io.digflink.schemas.codec.RecordCodec;
import io.digflink.tests.support.EmbeddedStack;
import io.digflink.tests.support.JobRun;
import io.digflink.tests.support.Requests;
import io.digflink.tests.support.TopicRecords;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.avro.specific.SpecificRecordBase;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** {@code audit} of a good run, and of one whose topics were tampered with afterwards. */
class AuditCommandITCase {
  @TempDir private static Path directory;
  private static EmbeddedStack stack;

  private final StringWriter out = new StringWriter();
  private final List<String> arguments = new ArrayList<>(List.of("audit"));

  @BeforeAll
  static void start() throws Exception {
    stack = EmbeddedStack.start(directory);
  }

  @AfterAll
  static void stop() {
    stack.close();
  }

  @Test
  void aRunInWhichAllIsWellIsGoodAndItsImagesAreMadeAgain() throws Exception {
    JobRun run = new JobRun(stack).send(request("a", 2), request("b", 3));
    run.sendBytes("garbage".getBytes(StandardCharsets.UTF_8), new byte[0]);
    run.send(Requests.of("no-such-model").setModel("nothing").build()).serveAll(2);

    assertThat(audit(run, "--models", directory.resolve("models").toString(), "--sample", "3"))
        .isZero();
    assertThat(figures())
        .containsEntry("requests", "5")
        .containsEntry("answered", "2")
        .containsEntry("rejected", "3")
        .containsEntry("lost", "0")
        .containsEntry("images", "5")
        .containsEntry("results written again", "0")
        .containsEntry("images of the sample made again", "3 of 3");
  }

  @Test
  void whatIsLostTwiceConflictingDamagedOrUnaskedIsNamed() throws Exception {
    JobRun run = new JobRun(stack).send(request("good", 1), request("twice", 1));
    run.send(request("differing", 1), request("lost", 2)).serveAll(1);
    GenerateSettings.Topics topics = run.settings().topics();
    Map<String, GeneratedImage> images =
        run.images().stream()
            .filter(image -> image.getIndex() == 0)
            .collect(Collectors.toMap(GeneratedImage::getRequestId, image -> image));
    send(topics.images(), images.get("twice"));
    GeneratedImage other = GeneratedImage.newBuilder(images.get("differing")).build();
    other.setSha256(images.get("good").getSha256());
    send(topics.images(), other);
    send(topics.images(), GeneratedImage.newBuilder(other).setRequestId("nobody's").build());
    send(topics.requests(), request("never read", 1));
    send(topics.requests(), request("ended without images", 2));
    send(
        topics.progress(),
        RequestProgress.newBuilder(run.progress().get(0))
            .setRequestId("ended without images")
            .setState(RequestState.COMPLETED)
            .build());
    Path problems = directory.resolve("problems");

    assertThat(audit(run, "--problems", problems.toString())).isOne();
    assertThat(figures())
        .containsEntry("requests", "6")
        .containsEntry("answered", "4")
        .containsEntry("not read yet", "1")
        .containsEntry("lost", "1")
        .containsEntry("with results that came twice", "2")
        .containsEntry("with conflicting results", "1")
        .containsEntry("with damaged images", "2")
        .containsEntry("results that nobody asked for", "1");
    assertThat(Files.readAllLines(problems))
        .containsExactlyInAnyOrder(
            "[TWICE] twice: 1 of 1 images, 2 records of images, ended as COMPLETED",
            "[TWICE, CONFLICTING, DAMAGED] differing: 1 of 1 images, 2 records of images, ended as"
                + " COMPLETED",
            "[DAMAGED, UNASKED] nobody's: no progress",
            "[LOST] ended without images: 0 of 2 images, ended as COMPLETED");
  }

  @Test
  void aRequestThatWasReadAndHasNoAnswerIsLostAfterAWhile() throws Exception {
    JobRun run = new JobRun(stack).send(request("no answer", 1));
    hasRead(run, 1);

    assertThat(audit(run)).isZero();
    assertThat(figures()).containsEntry("in progress", "1");
    assertThat(audit(run, "--since", "1970-01-01T00:00:00Z", "--patience", "1")).isOne();
    assertThat(out.toString()).contains("[LOST] no answer: 0 of 1 images, no progress");
  }

  /** Commits the offset of the job's group, which a job that ends may leave uncommitted. */
  private static void hasRead(JobRun run, long requests) throws Exception {
    String topic = run.settings().topics().requests();
    Map<String, Object> client = Map.of("bootstrap.servers", stack.kafka().bootstrapServers());
    try (Admin admin = Admin.create(client)) {
      TopicDescription described =
          admin.describeTopics(List.of(topic)).allTopicNames().get().get(topic);
      Map<TopicPartition, OffsetAndMetadata> offsets =
          described.partitions().stream()
              .collect(
                  Collectors.toMap(
                      partition -> new TopicPartition(topic, partition.partition()),
                      partition -> new OffsetAndMetadata(requests)));
      admin.alterConsumerGroupOffsets(run.settings().kafka().groupId(), offsets).all().get();
    }
  }

  private int audit(JobRun run, String... further) {
    GenerateSettings.Topics topics = run.settings().topics();
    arguments.addAll(
        List.of(
            "--bootstrap-servers", stack.kafka().bootstrapServers(),
            "--group-id", run.settings().kafka().groupId(),
            "--requests-topic", topics.requests(),
            "--images-topic", topics.images(),
            "--progress-topic", topics.progress(),
            "--rejected-topic", topics.rejected()));
    arguments.addAll(List.of(further));
    CommandLine dig = Dig.commandLine().setOut(new PrintWriter(out, true));
    int status = dig.execute(arguments.toArray(String[]::new));
    arguments.subList(1, arguments.size()).clear();
    return status;
  }

  /** The table's rows. */
  private Map<String, String> figures() {
    return out.toString()
        .lines()
        .map(String::strip)
        .filter(line -> line.matches(".*  +\\d+( of \\d+)?"))
        .collect(
            Collectors.toMap(
                line -> line.replaceAll("  +.*", ""), line -> line.replaceAll(".*  +", "")));
  }

  @SuppressWarnings("unchecked")
  private static <T extends SpecificRecordBase> void send(String topic, T record) {
    byte[] value = RecordCodec.of((Class<T>) record.getClass()).encode(record);
    new TopicRecords(stack.kafka().bootstrapServers())
        .send(new ProducerRecord<>(topic, null, value));
  }

  private static GenerationRequest request(String id, int images) {
    return Requests.of(id).setSteps(5).setLabels(List.of(4)).setImagesPerLabel(images).build();
  }
}
