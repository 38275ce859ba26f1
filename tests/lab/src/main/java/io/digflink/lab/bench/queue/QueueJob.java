package io.digflink.lab.bench.queue;

import io.digflink.cli.client.CancellationSender;
import io.digflink.cli.client.RequestSender;
import io.digflink.cli.client.TopicReader;
import io.digflink.cli.embedded.EmbeddedService;
import io.digflink.cli.embedded.JobMetrics;
import io.digflink.jobs.generate.GenerateOptions;
import io.digflink.runtime.model.ModelBundle;
import io.digflink.runtime.sampling.SamplerType;
import io.digflink.schemas.GeneratedImage;
import io.digflink.schemas.GenerationRequest;
import io.digflink.schemas.RequestProgress;
import io.digflink.schemas.RequestState;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import org.apache.flink.configuration.Configuration;

/**
 * The whole job with a broker and a cluster of its own, on some subtasks of the CPU, and its only
 * client. For one thread.
 */
final class QueueJob implements AutoCloseable {
  private static final Duration POLL = Duration.ofMillis(5);
  private static final Duration LONGEST_WAIT = Duration.ofMinutes(10);
  private static final long METRICS_ARE_THIS_OLD_MILLIS = 1_500;
  private static final int WARM_UP_IMAGES = 128;
  private static final int WARM_UP_STEPS = 10;

  private static final Set<RequestState> ENDS =
      Set.of(
          RequestState.COMPLETED,
          RequestState.CANCELLED,
          RequestState.EXPIRED,
          RequestState.REJECTED);

  private final ModelBundle bundle;
  private final EmbeddedService service;
  private final JobMetrics metrics;
  private final RequestSender sender;
  private final CancellationSender cancellations;
  private final TopicReader<GeneratedImage> imageReader;
  private final TopicReader<RequestProgress> progressReader;
  private final List<Made> images = new ArrayList<>();
  private final Map<String, RequestProgress> ends = new HashMap<>();
  private final Map<String, RequestState> states = new HashMap<>();
  private final Map<String, Integer> imagesOf = new HashMap<>();

  /** What is waited for. */
  @FunctionalInterface
  interface Condition {
    boolean isMet();
  }

  private QueueJob(ModelBundle bundle, EmbeddedService service) {
    this.bundle = bundle;
    this.service = service;
    this.metrics = new JobMetrics(service.dashboard());
    var topics = service.settings().topics();
    this.sender = new RequestSender(service.client(), topics.requests());
    this.cancellations = new CancellationSender(service.client(), topics.cancellations());
    this.imageReader = TopicReader.fromNow(service.client(), topics.images(), GeneratedImage.class);
    this.progressReader =
        TopicReader.fromNow(service.client(), topics.progress(), RequestProgress.class);
  }

  /**
   * Starts the job and has it make a few images, so that sessions are open and its pace is known.
   *
   * @param models directory of the bundle
   * @param further options of the job
   */
  static QueueJob start(Path models, ModelBundle bundle, int subtasks, Configuration further)
      throws Exception {
    Configuration options = new Configuration(further);
    options.set(
        GenerateOptions.DEVICE,
        "cpu:"
            + IntStream.range(0, subtasks)
                .mapToObj(String::valueOf)
                .collect(Collectors.joining(",")));
    options.set(GenerateOptions.INTRA_OP_THREADS, 1);
    EmbeddedService service =
        EmbeddedService.start(models, "localhost", options, System.err::println);
    QueueJob job = new QueueJob(bundle, service);
    job.send(job.request("warm-up", WARM_UP_IMAGES, WARM_UP_STEPS));
    job.awaitEnds(Set.of("warm-up"));
    return job;
  }

  /** A request of images without guidance. */
  GenerationRequest request(String id, int count, int steps) {
    return GenerationRequest.newBuilder()
        .setRequestId(id)
        .setModel(bundle.name())
        .setLabels(bundle.manifest().classes() == null ? List.of() : List.of(0))
        .setImagesPerLabel(count)
        .setSeed(id.hashCode())
        .setSampler(SamplerType.DDIM.id())
        .setSteps(steps)
        .build();
  }

  void send(GenerationRequest request) throws InterruptedException {
    sender.send(request);
  }

  /** Takes in what has become visible. */
  void poll() throws IOException {
    for (GeneratedImage image : imageReader.poll(POLL)) {
      images.add(Made.of(image));
      imagesOf.merge(image.getRequestId(), 1, Integer::sum);
    }
    for (RequestProgress progress : progressReader.poll(POLL)) {
      states.put(progress.getRequestId(), progress.getState());
      if (ENDS.contains(progress.getState())) {
        ends.put(progress.getRequestId(), progress);
      }
    }
    service.job().checkRunning();
  }

  /** Takes in what becomes visible until a condition is met. */
  void await(String what, Condition condition) throws IOException {
    long start = System.nanoTime();
    while (!condition.isMet()) {
      poll();
      if (System.nanoTime() - start > LONGEST_WAIT.toNanos()) {
        throw new IOException("Expected " + what + " within " + LONGEST_WAIT + ", found not");
      }
    }
  }

  /** Waits until requests have ended, in whatever way, and all their images are read. */
  void awaitEnds(Collection<String> ids) throws IOException {
    await(
        ids.size() + " requests to end",
        () ->
            ids.stream()
                .allMatch(
                    id ->
                        ends.containsKey(id)
                            && imagesOf.getOrDefault(id, 0) >= ends.get(id).getImagesDone()));
  }

  /**
   * Cancels requests and waits for their ends.
   *
   * @throws IOException if one ends otherwise, or with other images than it says
   */
  void cancel(Collection<String> ids) throws IOException, InterruptedException {
    for (String id : ids) {
      cancellations.cancel(id);
    }
    awaitEnds(ids);
    for (String id : ids) {
      RequestProgress end = ends.get(id);
      boolean isDone = end.getState() == RequestState.COMPLETED;
      if (end.getState() != RequestState.CANCELLED && !isDone) {
        throw new IOException("Expected " + id + " to be CANCELLED, found " + end);
      }
      if (imagesOf.getOrDefault(id, 0) != end.getImagesDone()) {
        throw new IOException(
            "Expected " + end.getImagesDone() + " images of " + id + ", found " + imagesOf.get(id));
      }
    }
  }

  /** All images that were read. */
  List<Made> images() {
    return images;
  }

  /** Images of a request that were read. */
  int imagesOf(String id) {
    return imagesOf.getOrDefault(id, 0);
  }

  /** The last state of a request that was read, or null. */
  RequestState state(String id) {
    return states.get(id);
  }

  /** How a request ended, or null. */
  RequestProgress end(String id) {
    return ends.get(id);
  }

  /** Median milliseconds of the last runs of the denoiser, of whole milliseconds. */
  double medianRunMillis() throws IOException, InterruptedException {
    // Half a millisecond: the metric counts whole ones.
    return 0.5 + metric("Denoise.stepMillis_median").average().orElseThrow();
  }

  /** The longest of the last thousand runs of each subtask, in milliseconds. */
  double slowestRunMillis() throws IOException, InterruptedException {
    return metric("Denoise.stepMillis_max").max().orElseThrow();
  }

  /** Mean rows of the last runs of the denoiser. */
  double meanRows() throws IOException, InterruptedException {
    return metric("Denoise.rowsPerBatch_mean").average().orElseThrow();
  }

  /** A metric of each subtask, of one at least. */
  private DoubleStream metric(String name) throws IOException, InterruptedException {
    // A question is answered with what the one before it has fetched.
    metrics.values(service.job().id(), name);
    Thread.sleep(METRICS_ARE_THIS_OLD_MILLIS);
    List<Double> values = metrics.values(service.job().id(), name);
    if (values.isEmpty()) {
      throw new IOException("Expected the metric " + name + ", found none");
    }
    return values.stream().mapToDouble(Double::doubleValue);
  }

  @Override
  public void close() throws IOException {
    sender.close();
    cancellations.close();
    imageReader.close();
    progressReader.close();
    service.close();
  }
}
