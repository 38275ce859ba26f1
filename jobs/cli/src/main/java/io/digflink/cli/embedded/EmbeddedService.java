package io.digflink.cli.embedded;

import io.digflink.jobs.generate.GenerateJob;
import io.digflink.jobs.generate.GenerateOptions;
import io.digflink.jobs.generate.GenerateSettings;
import io.digflink.runtime.session.Device;
import io.digflink.runtime.session.Devices;
import io.digflink.schemas.codec.WireFormat;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Properties;
import java.util.Set;
import java.util.function.Consumer;
import org.apache.commons.io.FileUtils;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

/** Broker, cluster and the running job in this JVM, in a directory that goes with them. */
public final class EmbeddedService implements AutoCloseable {
  /** Images become visible at each. */
  private static final Duration CHECKPOINT_INTERVAL = Duration.ofMillis(500);

  /** Flink's own checkpoints, which begin before the tasks run and then fail. */
  private static final Duration RARELY = Duration.ofMinutes(10);

  private final Path directory;
  private final EmbeddedKafka kafka;
  private final EmbeddedFlink flink;
  private final GenerateSettings settings;
  private final EmbeddedJob job;
  private final Checkpoints checkpoints;

  private EmbeddedService(
      Path directory,
      EmbeddedKafka kafka,
      EmbeddedFlink flink,
      GenerateSettings settings,
      Consumer<String> restarts) {
    this.directory = directory;
    this.kafka = kafka;
    this.flink = flink;
    this.settings = settings;
    StreamExecutionEnvironment environment = StreamExecutionEnvironment.getExecutionEnvironment();
    environment.setParallelism(devices().size());
    environment.configure(
        new Configuration().set(CheckpointingOptions.TOLERABLE_FAILURE_NUMBER, Integer.MAX_VALUE));
    GenerateJob.build(environment, settings);
    this.job = flink.run(environment, restarts);
    this.checkpoints = new Checkpoints(flink.cluster(), job.id(), CHECKPOINT_INTERVAL);
  }

  /**
   * Starts everything, serving the models of a directory.
   *
   * @param dashboardHost the address that the dashboard listens on
   * @param restarts receives a sentence for each restart of the job
   */
  public static EmbeddedService start(Path models, String dashboardHost, Consumer<String> restarts)
      throws Exception {
    return start(models, dashboardHost, WireFormat.SINGLE_OBJECT, restarts);
  }

  /**
   * Starts everything, with answers in a format.
   *
   * @param format of images, progress and rejects; Confluent's would need a registry
   */
  public static EmbeddedService start(
      Path models, String dashboardHost, WireFormat format, Consumer<String> restarts)
      throws Exception {
    Configuration options = new Configuration();
    options.set(GenerateOptions.TOPICS_FORMAT, format);
    return start(models, dashboardHost, options, restarts);
  }

  /**
   * Starts everything, with further options of the job.
   *
   * @param further options of the job, such as its devices
   */
  public static EmbeddedService start(
      Path models, String dashboardHost, Configuration further, Consumer<String> restarts)
      throws Exception {
    Path directory = Files.createTempDirectory("dig-flink");
    EmbeddedKafka kafka = EmbeddedKafka.start(directory.resolve("kafka"));
    Configuration options = new Configuration(further);
    options.set(GenerateOptions.BOOTSTRAP_SERVERS, kafka.bootstrapServers());
    options.set(GenerateOptions.MODEL_DIRECTORY, models.toString());
    options.set(GenerateOptions.CHECKPOINT_INTERVAL, RARELY);
    options.set(
        GenerateOptions.CLAIM_CHECK_DIRECTORY, directory.resolve("images").toUri().toString());
    GenerateSettings settings = GenerateSettings.of(options);
    GenerateSettings.Topics topics = settings.topics();
    Set<String> names = new HashSet<>(topics.names());
    names.add(topics.cancellations());
    names.add(topics.previews());
    int subtasks = Devices.of(settings.models().device()).size();
    kafka.createTopics(names, subtasks);
    EmbeddedFlink flink = EmbeddedFlink.start(subtasks, directory, dashboardHost);
    return new EmbeddedService(directory, kafka, flink, settings, restarts);
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

  /** What the job runs on, a subtask on each. */
  public List<Device> devices() {
    return Devices.of(settings.models().device());
  }

  /** Address of the dashboard. */
  public URI dashboard() {
    return flink.dashboard();
  }

  /** The running job. */
  public EmbeddedJob job() {
    return job;
  }

  @Override
  public void close() throws IOException {
    checkpoints.close();
    job.close();
    flink.close();
    kafka.close();
    FileUtils.deleteDirectory(directory.toFile());
  }
}
