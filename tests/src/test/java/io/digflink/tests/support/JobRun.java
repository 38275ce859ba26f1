package io.digflink.tests.support;

import io.digflink.cli.client.RequestSender;
import io.digflink.cli.client.TopicReader;
import io.digflink.jobs.generate.GenerateJob;
import io.digflink.jobs.generate.GenerateOptions;
import io.digflink.jobs.generate.GenerateSettings;
import io.digflink.schemas.GeneratedImage;
import io.digflink.schemas.GenerationRequest;
import io.digflink.schemas.RejectedRequest;
import io.digflink.schemas.RequestProgress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import org.apache.avro.specific.SpecificRecordBase;
import org.apache.flink.api.common.JobID;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.StateRecoveryOptions;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

/** A job with topics of its own on the embedded stack: sends to it, runs it, reads from it. */
public final class JobRun {
  private final EmbeddedStack stack;
  private final Configuration options;

  public JobRun(EmbeddedStack stack) throws InterruptedException {
    this.stack = stack;
    this.options = stack.newJob();
  }

  /** Sets an option. */
  public <T> JobRun with(ConfigOption<T> option, T value) {
    options.set(option, value);
    return this;
  }

  /** The settings that the options give. */
  public GenerateSettings settings() {
    return GenerateSettings.of(options);
  }

  /** Sends requests. */
  public JobRun send(GenerationRequest... requests) throws InterruptedException {
    try (RequestSender sender = sender()) {
      for (GenerationRequest request : requests) {
        sender.send(request);
      }
    }
    return this;
  }

  /** Sends any bytes. */
  public JobRun sendBytes(byte[]... values) throws InterruptedException {
    try (RequestSender sender = sender()) {
      for (byte[] value : values) {
        sender.send(null, value);
      }
    }
    return this;
  }

  private RequestSender sender() {
    return new RequestSender(client(), options.get(GenerateOptions.REQUESTS_TOPIC));
  }

  private Properties client() {
    Properties client = new Properties();
    client.setProperty("bootstrap.servers", options.get(GenerateOptions.BOOTSTRAP_SERVERS));
    return client;
  }

  /** Starts the job. */
  public JobID start(int parallelism) {
    return start(parallelism, null);
  }

  /** Starts the job from a savepoint, or from nothing where that is null. */
  public JobID start(int parallelism, String savepoint) {
    Configuration environmentOptions = new Configuration();
    if (savepoint != null) {
      environmentOptions.set(StateRecoveryOptions.SAVEPOINT_PATH, savepoint);
    }
    StreamExecutionEnvironment environment =
        StreamExecutionEnvironment.getExecutionEnvironment(environmentOptions);
    environment.setParallelism(parallelism);
    GenerateJob.build(environment, settings());
    return stack.flink().submit(environment);
  }

  /** Runs the job until it has served all that was sent. */
  public JobRun serveAll(int parallelism) throws Exception {
    with(GenerateOptions.REQUESTS_BOUNDED, true);
    stack
        .flink()
        .cluster()
        .requestJobResult(start(parallelism))
        .get()
        .toJobExecutionResult(getClass().getClassLoader());
    return this;
  }

  /** All images that are committed. */
  public List<GeneratedImage> images() {
    return readAll(GenerateOptions.IMAGES_TOPIC, GeneratedImage.class);
  }

  /** All rejects that are committed. */
  public List<RejectedRequest> rejected() {
    return readAll(GenerateOptions.REJECTED_TOPIC, RejectedRequest.class);
  }

  /** All progress that is committed. */
  public List<RequestProgress> progress() {
    return readAll(GenerateOptions.PROGRESS_TOPIC, RequestProgress.class);
  }

  private <T extends SpecificRecordBase> List<T> readAll(
      ConfigOption<String> topic, Class<T> type) {
    List<T> all = new ArrayList<>();
    try (TopicReader<T> reader = TopicReader.fromStart(client(), options.get(topic), type)) {
      while (!reader.isAtEnd()) {
        all.addAll(reader.poll(Duration.ofMillis(100)));
      }
    }
    return all;
  }
}
