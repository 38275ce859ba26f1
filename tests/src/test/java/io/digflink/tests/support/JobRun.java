package io.digflink.tests.support;

import io.digflink.cli.client.CancellationSender;
import io.digflink.cli.client.RequestSender;
import io.digflink.cli.client.TopicReader;
import io.digflink.jobs.generate.GenerateJob;
import io.digflink.jobs.generate.GenerateOptions;
import io.digflink.jobs.generate.GenerateSettings;
import io.digflink.schemas.GeneratedImage;
import io.digflink.schemas.GenerationRequest;
import io.digflink.schemas.ImagePreview;
import io.digflink.schemas.RejectedRequest;
import io.digflink.schemas.RequestProgress;
import io.digflink.schemas.RequestState;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import org.apache.avro.specific.SpecificRecordBase;
import org.apache.flink.api.common.JobID;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.StateRecoveryOptions;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

/** A job with topics of its own on the embedded stack: sends to it, runs it, reads from it. */
public final class JobRun {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

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

  /** Creates the topics that a job can do without. */
  public JobRun withAllTopics() throws InterruptedException {
    stack
        .kafka()
        .createTopics(
            List.of(
                options.get(GenerateOptions.CANCELLATIONS_TOPIC),
                options.get(GenerateOptions.PREVIEWS_TOPIC)),
            1);
    return this;
  }

  /** Cancels requests. */
  public JobRun cancel(String... requestIds) throws InterruptedException {
    try (CancellationSender sender =
        new CancellationSender(client(), options.get(GenerateOptions.CANCELLATIONS_TOPIC))) {
      for (String id : requestIds) {
        sender.cancel(id);
      }
    }
    return this;
  }

  /** Sends a record without a value to the topic of requests. */
  public JobRun sendTombstone(String requestId) throws InterruptedException {
    try (RequestSender sender = sender()) {
      sender.send(requestId.getBytes(StandardCharsets.UTF_8), null);
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
    return await(with(GenerateOptions.REQUESTS_BOUNDED, true).start(parallelism));
  }

  /** Waits for the end of a bounded job, which must be a good one. */
  public JobRun await(JobID job) throws Exception {
    stack
        .flink()
        .cluster()
        .requestJobResult(job)
        .get()
        .toJobExecutionResult(getClass().getClassLoader());
    return this;
  }

  /** Waits until so many images are committed. */
  public JobRun awaitImages(int count) {
    try (TopicReader<GeneratedImage> reader =
        TopicReader.fromStart(
            client(), options.get(GenerateOptions.IMAGES_TOPIC), GeneratedImage.class)) {
      Instant deadline = Instant.now().plus(PATIENCE);
      int found = 0;
      while (found < count) {
        found += reader.poll(Duration.ofMillis(100)).size();
        if (Instant.now().isAfter(deadline)) {
          throw new AssertionError("Expected " + count + " images, found " + found);
        }
      }
    }
    return this;
  }

  /** All images that are committed. */
  public List<GeneratedImage> images() {
    return readAll(GenerateOptions.IMAGES_TOPIC, GeneratedImage.class);
  }

  /** Digest of every image's file by request and index; no image may be there twice. */
  public Map<String, String> digests() {
    Map<String, String> digests = new TreeMap<>();
    for (GeneratedImage image : images()) {
      String other = digests.put(image.getRequestId() + "/" + image.getIndex(), image.getSha256());
      if (other != null) {
        throw new AssertionError("Expected every image once, found twice: " + image);
      }
    }
    return digests;
  }

  /** All rejects that are committed. */
  public List<RejectedRequest> rejected() {
    return readAll(GenerateOptions.REJECTED_TOPIC, RejectedRequest.class);
  }

  /** All progress that is committed. */
  public List<RequestProgress> progress() {
    return readAll(GenerateOptions.PROGRESS_TOPIC, RequestProgress.class);
  }

  /** All previews. */
  public List<ImagePreview> previews() {
    return readAll(GenerateOptions.PREVIEWS_TOPIC, ImagePreview.class);
  }

  /** Waits until a request's first image has begun and a checkpoint has made that known. */
  public JobRun awaitBegun(String requestId) {
    try (TopicReader<RequestProgress> reader =
        TopicReader.fromStart(
            client(), options.get(GenerateOptions.PROGRESS_TOPIC), RequestProgress.class)) {
      Instant deadline = Instant.now().plus(PATIENCE);
      while (Instant.now().isBefore(deadline)) {
        for (RequestProgress progress : reader.poll(Duration.ofMillis(100))) {
          if (progress.getRequestId().equals(requestId)
              && progress.getState() == RequestState.RUNNING) {
            return this;
          }
        }
      }
    }
    throw new AssertionError("Expected request " + requestId + " to begin within " + PATIENCE);
  }

  /** Waits until the progress of so many requests says how they ended. */
  public JobRun awaitEnds(int requests) {
    try (TopicReader<RequestProgress> reader =
        TopicReader.fromStart(
            client(), options.get(GenerateOptions.PROGRESS_TOPIC), RequestProgress.class)) {
      Instant deadline = Instant.now().plus(PATIENCE);
      int ended = 0;
      while (ended < requests) {
        for (RequestProgress progress : reader.poll(Duration.ofMillis(100))) {
          ended += ProgressOrder.isEnd(progress) ? 1 : 0;
        }
        if (Instant.now().isAfter(deadline)) {
          throw new AssertionError("Expected " + requests + " requests to end, found " + ended);
        }
      }
    }
    return this;
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
