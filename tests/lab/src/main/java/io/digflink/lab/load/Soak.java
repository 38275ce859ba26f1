package io.digflink.lab.load;

import com.fasterxml.jackson.databind.JsonNode;
import io.digflink.lab.faults.Answers;
import io.digflink.lab.faults.FaultStack;
import io.digflink.lab.faults.LoadClient;
import io.digflink.lab.faults.RunTopics;
import io.digflink.lab.faults.RunningJob;
import io.digflink.lab.faults.Verdict;
import io.digflink.lab.faults.Workload;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;

/** A job that gets requests at a fixed rate, whatever it can serve, and what is seen of it. */
final class Soak implements AutoCloseable {
  private static final int PERIOD_SECONDS = 5;
  private static final int FLAT_MINUTES = 10;
  private static final long MINUTE = 60_000;
  private static final String NAME = "soak";
  private static final String CHECKPOINT_INTERVAL = "10 s";

  private final RunningJob job;
  private final ResidentMemory memory;
  private final SlowestCheckpoint slowest;
  private final ImageTimes times = new ImageTimes();
  private final Map<String, Long> sentAt = new ConcurrentHashMap<>();
  private final long start = System.currentTimeMillis();
  private final LoadClient client;
  private double mostWaiting;
  private long failedAtStart;

  /**
   * Submits the job and begins to send.
   *
   * @param rate requests a second
   */
  Soak(FaultStack stack, Path bundles, Workload workload, double rate)
      throws IOException, InterruptedException {
    RunTopics topics = stack.createTopics(NAME);
    job =
        stack.submit(
            NAME, bundles, 2, null, List.of("--checkpoint.interval=" + CHECKPOINT_INTERVAL));
    memory = new ResidentMemory(stack);
    slowest = new SlowestCheckpoint(job);
    LoadClient.Pace pace = LoadClient.Pace.perSecond(rate);
    LoadClient.Load load =
        new LoadClient.Load(
            new Answers(workload, null),
            (sent, answered) -> {
              boolean due = pace.isDue(sent, answered);
              if (due) {
                sentAt.put(workload.id(sent), System.currentTimeMillis());
              }
              return due;
            },
            Integer.MAX_VALUE,
            image -> times.add(image, sentAt.get(image.getRequestId())));
    client = new LoadClient(stack.kafka().client(), topics, load);
  }

  /** Watches it until so many minutes have passed since its start. */
  void watch(double minutes) throws IOException, InterruptedException, ExecutionException {
    while (System.currentTimeMillis() - start < minutes * MINUTE) {
      TimeUnit.SECONDS.sleep(PERIOD_SECONDS);
      client.check();
      memory.read();
      mostWaiting = Math.max(mostWaiting, job.max("Denoise.requestsWaiting"));
      JsonNode checkpoints = job.checkpoints();
      slowest.look(checkpoints);
      if (checkpoints.path("counts").path("completed").asLong() == 0) {
        failedAtStart = checkpoints.path("counts").path("failed").asLong();
      }
    }
  }

  /**
   * Ends the job and says what was seen.
   *
   * @param capacity requests a second that the job can serve
   */
  SoakFigures end(double capacity) throws IOException, InterruptedException, ExecutionException {
    long end = System.currentTimeMillis();
    double minutes = (end - start) / (double) MINUTE;
    JsonNode checkpoints = job.checkpoints();
    List<ResidentMemory.Span> spans = memory.last(60 * Math.min(FLAT_MINUTES, minutes));
    long restarts = job.restarts();
    List<String> failures = job.failures();
    job.cancel();
    Verdict verdict = client.judge();
    return new SoakFigures(
        minutes,
        capacity,
        verdict.requests() / (60 * minutes),
        client.answers().answered(),
        verdict,
        restarts,
        failures,
        checkpoints.path("counts").path("completed").asLong(),
        checkpoints.path("counts").path("failed").asLong() - failedAtStart,
        checkpoints.path("summary").path("end_to_end_duration").path("p99").asDouble(),
        slowest.parts(),
        mostWaiting,
        times.beforeAdmission(start + MINUTE, start + 2 * MINUTE),
        times.beforeAdmission(end - MINUTE, end),
        times.afterAdmission(start + MINUTE, start + 2 * MINUTE),
        times.afterAdmission(end - MINUTE, end),
        spans);
  }

  @Override
  public void close() {
    client.close();
  }
}
