package io.digflink.tests.generate;

import static org.assertj.core.api.Assertions.assertThat;

import io.digflink.jobs.generate.GenerateOptions;
import io.digflink.schemas.GenerationRequest;
import io.digflink.tests.support.EmbeddedStack;
import io.digflink.tests.support.JobRun;
import io.digflink.tests.support.Requests;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Properties;
import org.apache.flink.api.common.JobID;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A job that ends with what is on the topic ends, whatever it begins with. */
@Timeout(120)
class BoundedJobITCase {
  private static final int SLOW_IMAGES = 6;

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
  void itEndsAfterItIsRestoredFromASavepoint() throws Exception {
    JobRun run =
        new JobRun(stack)
            .with(GenerateOptions.REQUESTS_BOUNDED, true)
            .send(slow(), request("quick", 10));
    JobID first = run.start(1);
    run.awaitBegun("slow");
    String savepoint = stack.stopWithSavepoint(first);
    assertThat(run.digests().keySet()).noneMatch(image -> image.startsWith("slow"));

    run.await(run.start(2, savepoint));

    assertThat(run.digests())
        .containsOnlyKeys("slow/0", "slow/1", "slow/2", "slow/3", "slow/4", "slow/5", "quick/0");
  }

  @Test
  void itEndsBehindTransactionsThatAreAbortedAndBeforeThoseThatAreOpen() throws Exception {
    JobRun run = new JobRun(stack).send(request("sent", 10));
    String topic = run.settings().topics().requests();
    try (KafkaProducer<byte[], byte[]> aborting = producer(topic + "-aborted");
        KafkaProducer<byte[], byte[]> open = producer(topic + "-open")) {
      begin(aborting, topic);
      aborting.abortTransaction();
      begin(open, topic);

      run.serveAll(1);
    }

    assertThat(run.digests()).containsOnlyKeys("sent/0");
    assertThat(run.rejected()).isEmpty();
  }

  private static KafkaProducer<byte[], byte[]> producer(String transactionalId) {
    Properties client = new Properties();
    client.setProperty(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, stack.kafka().bootstrapServers());
    client.setProperty(ProducerConfig.TRANSACTIONAL_ID_CONFIG, transactionalId);
    return new KafkaProducer<>(client, new ByteArraySerializer(), new ByteArraySerializer());
  }

  /** Leaves a record in each partition. */
  private static void begin(KafkaProducer<byte[], byte[]> producer, String topic) throws Exception {
    producer.initTransactions();
    producer.beginTransaction();
    for (int partition : List.of(0, 1)) {
      byte[] value = "never committed".getBytes(StandardCharsets.UTF_8);
      producer.send(new ProducerRecord<>(topic, partition, null, value)).get();
    }
  }

  /** Takes several times as long as a savepoint, also on a fast machine. */
  private static GenerationRequest slow() {
    return GenerationRequest.newBuilder(request("slow", 1000))
        .setImagesPerLabel(SLOW_IMAGES)
        .build();
  }

  private static GenerationRequest request(String id, int steps) {
    return Requests.of(id)
        .setSampler("ddpm")
        .setSteps(steps)
        .setLabels(List.of(4))
        .setImagesPerLabel(1)
        .build();
  }
}
