package io.digflink.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.digflink.cli.embedded.EmbeddedKafka;
import io.digflink.jobs.generate.GenerateOptions;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

@Timeout(value = 120, unit = TimeUnit.SECONDS)
class CancelCommandITCase {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @TempDir private static Path directory;
  private static EmbeddedKafka kafka;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @BeforeAll
  static void start() throws Exception {
    kafka = EmbeddedKafka.start(directory.resolve("kafka"));
    kafka.createTopics(
        List.of(
            GenerateOptions.CANCELLATIONS_TOPIC.defaultValue(),
            "other.cancellations",
            GenerateOptions.REQUESTS_TOPIC.defaultValue(),
            GenerateOptions.IMAGES_TOPIC.defaultValue(),
            GenerateOptions.REJECTED_TOPIC.defaultValue()),
        1);
  }

  @AfterAll
  static void stop() {
    kafka.close();
  }

  @Test
  void theIdsAreTheKeysOfRecordsWithoutAValue() {
    int status =
        run(
            "cancel",
            "r-1",
            "ü",
            "--topic",
            "other.cancellations",
            "--bootstrap-servers",
            brokers());

    assertThat(status).as(err.toString()).isZero();
    assertThat(out)
        .hasToString("Cancelled r-1, unless it has ended\nCancelled ü, unless it has ended\n");
    List<ConsumerRecord<byte[], byte[]>> records = records("other.cancellations");
    assertThat(records).extracting(CancelCommandITCase::key).containsExactly("r-1", "ü");
    assertThat(records).allSatisfy(record -> assertThat(record.value()).isNull());
  }

  @Test
  void aTopicThatDoesNotExistIsNamed() {
    assertThat(run("cancel", "r-1", "--topic", "nowhere", "--bootstrap-servers", brokers()))
        .isEqualTo(1);
    assertThat(err.toString()).contains("Expected the topic nowhere on the Kafka brokers at");
  }

  @Test
  void noIdAndAnEmptyOneAreWrongUsage() {
    assertThat(run("cancel", "--bootstrap-servers", brokers())).isEqualTo(2);
    assertThat(err.toString()).contains("Missing required parameter: 'ID'");
    assertThat(run("cancel", "", "--bootstrap-servers", brokers())).isEqualTo(2);
    assertThat(err.toString()).contains("Expected the ids of requests, found an empty one");
  }

  @Test
  void aPriorityOutOfItsRangeIsRefusedBeforeAnythingIsSent() {
    int status = run("generate", "--priority", "10", "--out", directory.resolve("none").toString());

    assertThat(status).isNotZero();
    assertThat(err.toString()).contains("Expected --priority of 0 to 9, found 10");
  }

  /** A process of its own, since what is tested is its end. */
  @Test
  void generateCancelsItsRequestWhenItIsInterrupted() throws Exception {
    Path said = directory.resolve("said"); // destroy() closes the streams.
    Process generate =
        new ProcessBuilder(
                List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-Xmx256m",
                    "-cp",
                    System.getProperty("java.class.path"),
                    Dig.class.getName(),
                    "generate",
                    "--bootstrap-servers",
                    brokers(),
                    "--tenant",
                    "atelier",
                    "--out",
                    directory.resolve("images").toString()))
            .redirectErrorStream(true)
            .redirectOutput(said.toFile())
            .start();
    try {
      Awaitility.await()
          .atMost(PATIENCE)
          .until(() -> !records(GenerateOptions.REQUESTS_TOPIC.defaultValue()).isEmpty());
      String id = key(records(GenerateOptions.REQUESTS_TOPIC.defaultValue()).get(0));
      assertThat(records(GenerateOptions.CANCELLATIONS_TOPIC.defaultValue())).isEmpty();

      generate.destroy(); // SIGTERM ends it as Ctrl-C does.

      assertThat(generate.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
      assertThat(said).content().contains("Cancelled request " + id);
      assertThat(records(GenerateOptions.CANCELLATIONS_TOPIC.defaultValue()))
          .extracting(CancelCommandITCase::key)
          .containsExactly(id);
    } finally {
      generate.destroyForcibly();
    }
  }

  private int run(String... arguments) {
    CommandLine dig = Dig.commandLine();
    dig.setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
    return dig.execute(arguments);
  }

  private static String brokers() {
    return kafka.bootstrapServers();
  }

  private static String key(ConsumerRecord<byte[], byte[]> record) {
    return new String(record.key(), StandardCharsets.UTF_8);
  }

  private static List<ConsumerRecord<byte[], byte[]>> records(String topic) {
    Properties client = new Properties();
    client.setProperty("bootstrap.servers", brokers());
    List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
    try (KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(client, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      TopicPartition partition = new TopicPartition(topic, 0);
      consumer.assign(List.of(partition));
      consumer.seekToBeginning(List.of(partition));
      long end = consumer.endOffsets(List.of(partition)).get(partition);
      while (consumer.position(partition) < end) {
        consumer.poll(Duration.ofMillis(100)).forEach(records::add);
      }
    }
    return records;
  }
}
