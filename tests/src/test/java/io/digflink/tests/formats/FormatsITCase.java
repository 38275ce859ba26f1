package io.digflink.tests.formats;

import static org.assertj.core.api.Assertions.assertThat;

import io.digflink.jobs.generate.GenerateOptions;
import io.digflink.schemas.GeneratedImage;
import io.digflink.schemas.GenerationRequest;
import io.digflink.schemas.RejectedRequest;
import io.digflink.schemas.RequestProgress;
import io.digflink.schemas.codec.JsonCodec;
import io.digflink.schemas.codec.RecordCodec;
import io.digflink.schemas.codec.WireFormat;
import io.digflink.tests.support.EmbeddedStack;
import io.digflink.tests.support.JobRun;
import io.digflink.tests.support.Requests;
import io.digflink.tests.support.TopicRecords;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import org.apache.flink.api.common.JobID;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Requests of several formats on one topic, and answers in the format of the topics. */
class FormatsITCase {
  private static final RecordCodec<GenerationRequest> AVRO =
      RecordCodec.of(GenerationRequest.class);
  private static final JsonCodec<GenerationRequest> JSON = JsonCodec.of(GenerationRequest.class);

  @TempDir private static Path directory;
  private static EmbeddedStack stack;

  @BeforeAll
  static void start() throws Exception {
    stack = EmbeddedStack.start(directory);
  }

  @AfterAll
  static void stop() {
    stack.close();
  }

  @Test
  void aRequestInJsonGetsTheImageOfTheSameRequestInAvro() throws Exception {
    GenerationRequest request = Requests.of("same").build();
    JobRun avro = new JobRun(stack).sendBytes(AVRO.encode(request)).serveAll(1);
    JobRun json = new JobRun(stack).sendBytes(JSON.encode(request)).serveAll(1);

    assertThat(json.digests()).isEqualTo(avro.digests()).hasSize(1);
  }

  @Test
  void answersInJsonHaveAllOfTheRecordAndHeadersThatSayWhatTheyAre() throws Exception {
    JobRun run =
        new JobRun(stack)
            .with(GenerateOptions.TOPICS_FORMAT, WireFormat.JSON)
            .with(GenerateOptions.FORWARDED_HEADERS, "tenant, reply-to");
    TopicRecords topics = new TopicRecords(stack.kafka().bootstrapServers());
    topics.send(request(run, "good", JSON.encode(Requests.of("good").build())));
    topics.send(request(run, "bad", "{\"request_id\":\"bad\"}".getBytes(StandardCharsets.UTF_8)));

    run.serveAll(1);

    ConsumerRecord<byte[], byte[]> image = topics.read(run.settings().topics().images()).get(0);
    GeneratedImage read = JsonCodec.of(GeneratedImage.class).decode(image.value());
    byte[] file = read.getBytes().array();
    assertThat(HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(file)))
        .isEqualTo(read.getSha256());
    assertThat(image.key()).isEqualTo("good".getBytes(StandardCharsets.UTF_8));
    assertThat(TopicRecords.headers(image))
        .containsExactly(
            "content-type: application/json",
            "schema-name: io.digflink.schemas.GeneratedImage",
            "schema-version: 1",
            "request-id: good",
            "traceparent: 00-good-01",
            "tenant: good");
    List<ConsumerRecord<byte[], byte[]>> progress = topics.read(run.settings().topics().progress());
    assertThat(progress)
        .hasSize(3)
        .allSatisfy(
            record -> {
              JsonCodec.of(RequestProgress.class).decode(record.value());
              assertThat(TopicRecords.headers(record))
                  .contains("schema-version: 3", "traceparent: 00-good-01", "tenant: good");
            });
    ConsumerRecord<byte[], byte[]> rejected =
        topics.read(run.settings().topics().rejected()).get(0);
    RejectedRequest reject = JsonCodec.of(RejectedRequest.class).decode(rejected.value());
    assertThat(reject.getRequestId()).isEqualTo("bad");
    assertThat(reject.getMessage()).startsWith("model is absent");
    assertThat(new String(reject.getOriginal().array(), StandardCharsets.UTF_8))
        .isEqualTo("{\"request_id\":\"bad\"}");
    assertThat(TopicRecords.headers(rejected))
        .contains("request-id: bad", "traceparent: 00-bad-01", "tenant: bad");
  }

  private static ProducerRecord<byte[], byte[]> request(JobRun run, String id, byte[] value) {
    ProducerRecord<byte[], byte[]> record =
        new ProducerRecord<>(run.settings().topics().requests(), value);
    record.headers().add("traceparent", ("00-" + id + "-01").getBytes(StandardCharsets.UTF_8));
    record.headers().add("cookie", new byte[] {1});
    record.headers().add("tenant", id.getBytes(StandardCharsets.UTF_8));
    return record;
  }

  @Test
  void aRequestInFlightKeepsFormatAndHeadersThroughASavepoint() throws Exception {
    JobRun run = new JobRun(stack).with(GenerateOptions.MAX_IN_FLIGHT, 2);
    TopicRecords topics = new TopicRecords(stack.kafka().bootstrapServers());
    GenerationRequest slow =
        Requests.of("slow").setSampler("ddpm").setSteps(200).setImagesPerLabel(6).build();
    topics.send(request(run, "slow", JSON.encode(slow)));
    JobID job = run.start(1);
    run.awaitBegun("slow");
    String savepoint =
        stack
            .flink()
            .cluster()
            .stopWithSavepoint(
                job,
                directory.resolve("savepoints").toUri().toString(),
                false,
                org.apache.flink.core.execution.SavepointFormatType.CANONICAL)
            .get();

    JobID restored = run.start(1, savepoint);
    run.awaitImages(6);
    run.awaitEnds(1);
    stack.flink().cluster().cancelJob(restored).get();

    List<ConsumerRecord<byte[], byte[]>> images =
        topics.read(run.settings().topics().images()).stream()
            .sorted(Comparator.comparing(ConsumerRecord::offset))
            .toList();
    assertThat(run.digests()).hasSize(6);
    assertThat(images)
        .hasSize(6)
        .allSatisfy(
            image -> assertThat(TopicRecords.headers(image)).contains("traceparent: 00-slow-01"));
  }
}
