package io.digflink.tests.upgrade;

import io.digflink.jobs.generate.GenerateJob;
import io.digflink.jobs.generate.GenerateOptions;
import io.digflink.tests.support.EmbeddedStack;
import io.digflink.tests.support.JobRun;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.flink.api.common.JobID;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.ExternalizedCheckpointRetention;
import org.apache.flink.configuration.StateRecoveryOptions;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * The job whose state is recorded and restored. The topic of its requests and its transactions have
 * the same names always, since the state names them.
 */
final class UpgradeJob {
  static final String TOPIC = "upgrade.requests";
  static final String TRANSACTION_PREFIX = "dig-upgrade";
  static final int PARTITIONS = 2;

  private final EmbeddedStack stack;
  private final JobRun run;

  UpgradeJob(EmbeddedStack stack, Path models) throws InterruptedException {
    this.stack = stack;
    this.run = new JobRun(stack);
    run.with(GenerateOptions.MODEL_DIRECTORY, models.toString());
    run.with(GenerateOptions.REQUESTS_TOPIC, TOPIC);
    run.with(GenerateOptions.TRANSACTION_PREFIX, TRANSACTION_PREFIX);
    // Some requests wait in Denoise and some in the topic.
    run.with(GenerateOptions.MAX_IN_FLIGHT, 10);
    run.with(GenerateOptions.MAX_WAITING, 3);
    run.with(GenerateOptions.DECODE_BATCH, 8);
    run.with(GenerateOptions.INTRA_OP_THREADS, 1);
  }

  /** What differs from the defaults, for readers. */
  static Map<String, String> options() {
    return Map.of(
        GenerateOptions.REQUESTS_TOPIC.key(), TOPIC,
        GenerateOptions.TRANSACTION_PREFIX.key(), TRANSACTION_PREFIX,
        GenerateOptions.MAX_IN_FLIGHT.key(), "10",
        GenerateOptions.MAX_WAITING.key(), "3",
        GenerateOptions.DECODE_BATCH.key(), "8",
        GenerateOptions.INTRA_OP_THREADS.key(), "1");
  }

  /** Topics and what is read from them. */
  JobRun run() {
    return run;
  }

  /** Makes the topic and sends requests to where they were; tells where they are. */
  static List<RecordedRequest> send(EmbeddedStack stack, List<RecordedRequest> requests)
      throws InterruptedException, ExecutionException {
    stack.kafka().createTopics(List.of(TOPIC), PARTITIONS);
    Map<String, Object> client = Map.of("bootstrap.servers", stack.kafka().bootstrapServers());
    List<RecordedRequest> sent = new ArrayList<>();
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(client, new ByteArraySerializer(), new ByteArraySerializer())) {
      for (RecordedRequest request : requests) {
        byte[] key = request.id().getBytes(StandardCharsets.UTF_8);
        long offset =
            producer
                .send(new ProducerRecord<>(TOPIC, request.partition(), key, request.value()))
                .get()
                .offset();
        sent.add(
            new RecordedRequest(
                request.partition(),
                offset,
                request.id(),
                request.images(),
                request.steps(),
                request.readable(),
                request.value()));
      }
    }
    return sent;
  }

  /** Starts the job from a savepoint or checkpoint, or from nothing where that is null. */
  JobID start(int parallelism, String state) {
    Configuration configuration = new Configuration();
    if (state != null) {
      configuration.set(StateRecoveryOptions.SAVEPOINT_PATH, state);
    }
    configuration.set(
        CheckpointingOptions.EXTERNALIZED_CHECKPOINT_RETENTION,
        ExternalizedCheckpointRetention.RETAIN_ON_CANCELLATION);
    StreamExecutionEnvironment environment =
        StreamExecutionEnvironment.getExecutionEnvironment(configuration);
    environment.setParallelism(parallelism);
    GenerateJob.build(environment, run.settings());
    return stack.flink().submit(environment);
  }
}
