package io.digflink.tests.formats;

import static org.assertj.core.api.Assertions.assertThat;

import io.digflink.cli.Dig;
import io.digflink.cli.embedded.JobMetrics;
import io.digflink.jobs.generate.GenerateOptions;
import io.digflink.jobs.generate.GenerateSettings;
import io.digflink.schemas.GeneratedImage;
import io.digflink.schemas.GenerationRequest;
import io.digflink.schemas.codec.ConfluentReader;
import io.digflink.schemas.codec.ConfluentWriter;
import io.digflink.schemas.codec.JsonCodec;
import io.digflink.schemas.codec.RecordCodec;
import io.digflink.schemas.codec.WireFormat;
import io.digflink.tests.support.EmbeddedStack;
import io.digflink.tests.support.JobRun;
import io.digflink.tests.support.Requests;
import io.digflink.tests.support.TestModels;
import io.digflink.tests.support.TopicRecords;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.avro.Schema;
import org.apache.flink.api.common.JobID;
import org.apache.flink.api.common.JobStatus;
import org.apache.flink.runtime.executiongraph.AccessExecutionGraph;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One topic with requests of all formats, and a schema registry that is killed meanwhile. */
class MixedFormatsITCase {
  private static final int SMALLEST = 16;
  private static final int FORMATS = 5;

  @TempDir private static Path directory;
  private static EmbeddedStack stack;
  private static RegistryProcess registry;

  @BeforeAll
  static void start() throws Exception {
    stack = EmbeddedStack.start(directory);
    registry = RegistryProcess.real(directory.resolve("registry"));
    registry.start();
  }

  @AfterAll
  static void stop() {
    registry.close();
    stack.close();
  }

  @Test
  void everyOneOfAThousandIsServedOnceThoughTheRegistryIsKilled() throws Exception {
    servesEveryOneOf(1_000);
  }

  @Test
  void generateReadsAnswersWhoseSchemasTheRegistryHas() throws Exception {
    JobRun run =
        new JobRun(stack)
            .with(GenerateOptions.TOPICS_FORMAT, WireFormat.CONFLUENT)
            .with(GenerateOptions.REGISTRY_URL, registry.url());
    GenerateSettings.Topics topics = run.settings().topics();
    JobID job = run.start(1);
    Path out = directory.resolve("generated");

    int status =
        Dig.commandLine()
            .execute(
                "generate",
                "--bootstrap-servers",
                stack.kafka().bootstrapServers(),
                "--registry",
                registry.url(),
                "--requests-topic",
                topics.requests(),
                "--images-topic",
                topics.images(),
                "--rejected-topic",
                topics.rejected(),
                "--model",
                TestModels.PLAIN,
                "--labels",
                "3",
                "--steps",
                "2",
                "--out",
                out.toString());

    assertThat(status).isZero();
    assertThat(out).isDirectoryContaining("glob:**.png");
    stack.flink().cluster().cancelJob(job).get();
  }

  @Test
  @Tag("hostile")
  void everyOneOfTenThousandIsServedOnceThoughTheRegistryIsKilled() throws Exception {
    servesEveryOneOf(10_000);
  }

  private static void servesEveryOneOf(int count) throws Exception {
    JobRun run =
        new JobRun(stack)
            .with(GenerateOptions.IMAGE_METADATA, false)
            .with(GenerateOptions.CHECKPOINT_INTERVAL, Duration.ofSeconds(1))
            .with(GenerateOptions.TOPICS_FORMAT, WireFormat.CONFLUENT)
            .with(GenerateOptions.REGISTRY_URL, registry.url());
    String topic = run.settings().topics().requests();
    Encoders encoders = new Encoders(topic);
    TopicRecords records = new TopicRecords(stack.kafka().bootstrapServers());
    Instant begin = Instant.now();
    JobID job = run.start(2);
    records.send(requests(topic, encoders, 0, count / 2));
    awaitImages(records, run, count / 4);

    registry.kill();
    encoders.useSchemaThatTheJobHasNotSeen();
    records.send(requests(topic, encoders, count / 2, count));
    JobMetrics metrics = new JobMetrics(stack.flink().dashboard());
    Awaitility.await()
        .atMost(Duration.ofMinutes(1))
        .untilAsserted(
            () -> assertThat(metrics.values(job, "Admit.recordsWaitingForRegistry")).contains(1.0));
    registry.start();
    awaitImages(records, run, count);

    AccessExecutionGraph graph = stack.flink().cluster().getExecutionGraph(job).get();
    assertThat(graph.getStatusTimestamp(JobStatus.RESTARTING)).isZero();
    stack.flink().cluster().cancelJob(job).get();
    checkImages(records.read(run.settings().topics().images()), count);
    assertThat(records.read(run.settings().topics().rejected())).isEmpty();
    System.out.printf(
        "%,d requests of %d formats on one topic, %s killed with -9 in mid-run: %,d images,"
            + " rejected 0, lost 0, twice 0, restarts 0, in %,d s%n",
        count, FORMATS, registry, count, Duration.between(begin, Instant.now()).toSeconds());
  }

  private static void awaitImages(TopicRecords records, JobRun run, int count) {
    Awaitility.await()
        .atMost(Duration.ofMinutes(4))
        .pollInterval(Duration.ofSeconds(1))
        .failFast(
            "a request was rejected",
            () -> !records.read(run.settings().topics().rejected()).isEmpty())
        .until(() -> records.read(run.settings().topics().images()).size() >= count);
  }

  private static List<ProducerRecord<byte[], byte[]>> requests(
      String topic, Encoders encoders, int from, int to) {
    List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
    for (int i = from; i < to; i++) {
      records.add(new ProducerRecord<>(topic, encoders.encode(i)));
    }
    return records;
  }

  private static void checkImages(List<ConsumerRecord<byte[], byte[]>> records, int count)
      throws Exception {
    Map<Integer, ConfluentReader<GeneratedImage>> readers = new HashMap<>();
    Map<String, String> digests = new HashMap<>();
    Map<Long, String> bySeed = new HashMap<>();
    for (ConsumerRecord<byte[], byte[]> record : records) {
      int id = ConfluentReader.idOf(record.value());
      if (!readers.containsKey(id)) {
        readers.put(
            id,
            new ConfluentReader<>(GeneratedImage.class, registry.client().find(id).orElseThrow()));
      }
      GeneratedImage image = readers.get(id).decode(record.value());
      assertThat(digests.put(image.getRequestId(), image.getSha256())).as("twice").isNull();
      String same = bySeed.putIfAbsent(image.getSeed(), image.getSha256());
      assertThat(same == null ? image.getSha256() : same)
          .as("the image of a seed, whatever the format of the request")
          .isEqualTo(image.getSha256());
    }
    assertThat(digests).hasSize(count);
    for (int i = 0; i < count; i++) {
      assertThat(digests).containsKey("r-" + i);
    }
  }

  /** Encodes request i in format i modulo 5. */
  private static final class Encoders {
    private final RecordCodec<GenerationRequest> avro = RecordCodec.of(GenerationRequest.class);
    private final JsonCodec<GenerationRequest> json = JsonCodec.of(GenerationRequest.class);
    private final ConfluentWriter<GenerationRequest> another;
    private final int jsonSchema;
    private ConfluentWriter<GenerationRequest> confluent;

    Encoders(String topic) throws Exception {
      Schema schema = GenerationRequest.getClassSchema();
      confluent = writer(topic + "-value", schema);
      Schema sameFields = new Schema.Parser().parse(schema.toString());
      sameFields.addProp("team", "another " + topic);
      another = writer(topic + "-another", sameFields);
      jsonSchema = registry.registerJsonSchema(topic + "-json");
    }

    private static ConfluentWriter<GenerationRequest> writer(String subject, Schema schema)
        throws Exception {
      return new ConfluentWriter<>(
          GenerationRequest.class, registry.client().register(subject, schema));
    }

    void useSchemaThatTheJobHasNotSeen() {
      confluent = another;
    }

    byte[] encode(int i) {
      GenerationRequest request =
          Requests.of("r-" + i)
              .setSteps(1)
              .setSeed(i / FORMATS % 16)
              .setWidth(SMALLEST)
              .setHeight(SMALLEST)
              .build();
      return switch (i % FORMATS) {
        case 0 -> avro.encode(request);
        case 1 -> json.encode(request);
        case 2 -> confluent.encode(request);
        case 3 -> confluentJson(json.encode(request));
        // As a program of another language writes it: only what it needs, big numbers as strings.
        default ->
            String.format(
                    "{\"model\":\"%s\",\"labels\":[3],\"seed\":\"%d\",\"sampler\":\"ddim\","
                        + "\"steps\":1.0,\"width\":16,\"height\":16,\"eta\":null,"
                        + "\"request_id\":\"%s\"}",
                    request.getModel(), request.getSeed(), request.getRequestId())
                .getBytes(java.nio.charset.StandardCharsets.UTF_8);
      };
    }

    private byte[] confluentJson(byte[] value) {
      return ByteBuffer.allocate(ConfluentReader.HEADER_LENGTH + value.length)
          .put((byte) 0)
          .putInt(jsonSchema)
          .put(value)
          .array();
    }
  }
}
