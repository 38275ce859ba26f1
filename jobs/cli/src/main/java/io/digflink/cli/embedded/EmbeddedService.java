package io.digflink.cli.embedded;

import io.digflink.jobs.generate.GenerateJob;
import io.digflink.jobs.generate.GenerateOptions;
import io.digflink.jobs.generate.GenerateSettings;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.CompletableFuture;
import org.apache.commons.io.FileUtils;
import org.apache.flink.api.common.JobID;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.runtime.jobmaster.JobResult;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

/** Broker, cluster and the running job in this JVM, in a directory that goes with them. */
public final class EmbeddedService implements AutoCloseable {
  private static final Duration CHECKPOINT_INTERVAL = Duration.ofMillis(500);

  private final Path directory;
  private final EmbeddedKafka kafka;
  private final EmbeddedFlink flink;
  private final GenerateSettings settings;
  private final JobID job;
  private final CompletableFuture<JobResult> result;

  private EmbeddedService(
      Path directory, EmbeddedKafka kafka, EmbeddedFlink flink, GenerateSettings settings) {
    this.directory = directory;
    this.kafka = kafka;
    this.flink = flink;
    this.settings = settings;
    StreamExecutionEnvironment environment = StreamExecutionEnvironment.getExecutionEnvironment();
    environment.setParallelism(1);
    GenerateJob.build(environment, settings);
    this.job = flink.submit(environment);
    this.result = flink.cluster().requestJobResult(job);
  }

  /** Starts everything, serving the models of a directory. */
  public static EmbeddedService start(Path models) throws Exception {
    Path directory = Files.createTempDirectory("dig-flink");
    EmbeddedKafka kafka = EmbeddedKafka.start(directory.resolve("kafka"));
    Configuration options = new Configuration();
    options.set(GenerateOptions.BOOTSTRAP_SERVERS, kafka.bootstrapServers());
    options.set(GenerateOptions.MODEL_DIRECTORY, models.toString());
    options.set(GenerateOptions.CHECKPOINT_INTERVAL, CHECKPOINT_INTERVAL);
    options.set(
        GenerateOptions.CLAIM_CHECK_DIRECTORY, directory.resolve("images").toUri().toString());
    GenerateSettings settings = GenerateSettings.of(options);
    GenerateSettings.Topics topics = settings.topics();
    kafka.createTopics(
        List.of(topics.requests(), topics.images(), topics.progress(), topics.rejected()), 1);
    return new EmbeddedService(directory, kafka, EmbeddedFlink.start(1, directory), settings);
  }

  /** Settings of a Kafka client. */
  public Properties client() {
    Properties client = new Properties();
    client.setProperty("bootstrap.servers", kafka.bootstrapServers());
    return client;
  }

  /** What the job runs with. */
  public GenerateSettings settings() {
    return settings;
  }

  /** Address of the dashboard. */
  public URI dashboard() {
    return flink.dashboard();
  }

  /** The running job. */
  public JobID job() {
    return job;
  }

  /**
   * To be called while waiting for images.
   *
   * @throws IOException if the job has ended, and why
   */
  public void checkRunning() throws IOException {
    if (result.isDone()) {
      JobResult ended = result.join();
      throw new IOException(
          "Expected the job to run, found it ended: " + ended.getApplicationStatus(),
          ended.getSerializedThrowable().orElse(null));
    }
  }

  @Override
  public void close() throws IOException {
    if (!result.isDone()) {
      flink.cluster().cancelJob(job).join();
      result.join();
    }
    flink.close();
    kafka.close();
    FileUtils.deleteDirectory(directory.toFile());
  }
}
