package io.digflink.tests.support;

import io.digflink.cli.embedded.EmbeddedFlink;
import io.digflink.cli.embedded.EmbeddedKafka;
import io.digflink.jobs.generate.GenerateOptions;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.apache.flink.api.common.JobID;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.core.execution.SavepointFormatType;

/** A broker, a cluster and a directory of test models, shared by the tests of a class. */
public final class EmbeddedStack implements AutoCloseable {
  private final Path directory;
  private final EmbeddedKafka kafka;
  private final EmbeddedFlink flink;

  private EmbeddedStack(Path directory, EmbeddedKafka kafka, EmbeddedFlink flink) {
    this.directory = directory;
    this.kafka = kafka;
    this.flink = flink;
  }

  /** Starts everything under a directory. */
  public static EmbeddedStack start(Path directory) throws Exception {
    TestModels.exportPlain(directory.resolve("models"));
    EmbeddedKafka kafka = EmbeddedKafka.start(directory.resolve("kafka"));
    return new EmbeddedStack(directory, kafka, EmbeddedFlink.start(4, directory.resolve("flink")));
  }

  public EmbeddedKafka kafka() {
    return kafka;
  }

  public EmbeddedFlink flink() {
    return flink;
  }

  public Path directory() {
    return directory;
  }

  /**
   * Options of a job with topics of its own, which exist afterwards but for those that a job can do
   * without.
   */
  public Configuration newJob() throws InterruptedException {
    String name = UUID.randomUUID().toString();
    Configuration options = new Configuration();
    options.set(GenerateOptions.BOOTSTRAP_SERVERS, kafka.bootstrapServers());
    options.set(GenerateOptions.GROUP_ID, name);
    options.set(GenerateOptions.TRANSACTION_PREFIX, name);
    options.set(GenerateOptions.REQUESTS_TOPIC, name + ".requests");
    options.set(GenerateOptions.IMAGES_TOPIC, name + ".images");
    options.set(GenerateOptions.PROGRESS_TOPIC, name + ".progress");
    options.set(GenerateOptions.REJECTED_TOPIC, name + ".rejected");
    options.set(GenerateOptions.CANCELLATIONS_TOPIC, name + ".cancellations");
    options.set(GenerateOptions.PREVIEWS_TOPIC, name + ".previews");
    options.set(GenerateOptions.MODEL_DIRECTORY, directory.resolve("models").toString());
    options.set(GenerateOptions.DEVICE, "cpu");
    options.set(GenerateOptions.CHECKPOINT_INTERVAL, Duration.ofMillis(200));
    kafka.createTopics(
        List.of(
            options.get(GenerateOptions.REQUESTS_TOPIC),
            options.get(GenerateOptions.IMAGES_TOPIC),
            options.get(GenerateOptions.PROGRESS_TOPIC),
            options.get(GenerateOptions.REJECTED_TOPIC)),
        2);
    return options;
  }

  /** Stops a job in mid-flight; returns where its state is. */
  public String stopWithSavepoint(JobID job) throws Exception {
    return flink
        .cluster()
        .stopWithSavepoint(
            job,
            directory.resolve("savepoints").toUri().toString(),
            false,
            SavepointFormatType.CANONICAL)
        .get(1, TimeUnit.MINUTES);
  }

  @Override
  public void close() {
    flink.close();
    kafka.close();
  }
}
