package io.digflink.jobs.denoise;

import io.digflink.jobs.request.Portion;
import io.digflink.schemas.RequestState;
import java.util.HashMap;
import java.util.Map;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.Histogram;
import org.apache.flink.metrics.Meter;
import org.apache.flink.metrics.MeterView;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.runtime.metrics.DescriptiveStatisticsHistogram;

/** What Denoise reports about itself; the module's README says what each metric means. */
final class DenoiseMetrics {
  private static final int WINDOW = 1_000;

  /** Names of tenants come from outside: those after the first are counted together. */
  private static final int MOST_TENANTS = 100;

  private static final String OTHER_TENANTS = "others";

  private final Counter stepsDone;
  private final Meter imagesPerSecond;
  private final Counter outOfMemory;
  private final Counter failedRuns;
  private final Histogram rowsPerBatch;
  private final Histogram stepMillis;
  private final Histogram queueWaitMillis;
  private final Counter cancellations;
  private final Counter imagesCancelled;
  private final Map<Integer, Histogram> waitByPriority = new HashMap<>();
  private final Map<String, Counter> begunByTenant = new HashMap<>();
  private final MetricGroup group;

  // Written by the task's thread, read by reporters.
  private volatile int imagesInFlight;
  private volatile int imagesParked;
  private volatile int portionsInFlight;
  private volatile int requestsWaiting;
  private volatile long imagesWaiting;
  private volatile long oldestAskedAt = Long.MAX_VALUE;

  DenoiseMetrics(MetricGroup group) {
    this.group = group;
    group.gauge("imagesInFlight", () -> imagesInFlight);
    group.gauge("imagesParked", () -> imagesParked);
    group.gauge("portionsInFlight", () -> portionsInFlight);
    group.gauge("requestsWaiting", () -> requestsWaiting);
    group.gauge("imagesWaiting", () -> imagesWaiting);
    cancellations = group.counter("cancellations");
    imagesCancelled = group.counter("imagesCancelled");
    group.gauge("oldestRequestMillis", this::oldestRequestMillis);
    imagesPerSecond =
        group.meter("imagesDenoisedPerSecond", new MeterView(group.counter("imagesDenoised")));
    stepsDone = group.counter("imageSteps");
    outOfMemory = group.counter("outOfMemory");
    failedRuns = group.counter("failedRuns");
    rowsPerBatch = group.histogram("rowsPerBatch", new DescriptiveStatisticsHistogram(WINDOW));
    stepMillis = group.histogram("stepMillis", new DescriptiveStatisticsHistogram(WINDOW));
    queueWaitMillis =
        group.histogram("queueWaitMillis", new DescriptiveStatisticsHistogram(WINDOW));
  }

  void observe(InFlight inFlight) {
    imagesInFlight = inFlight.images();
    imagesParked = inFlight.parked();
    portionsInFlight = inFlight.portions().size();
    requestsWaiting = inFlight.waiting();
    imagesWaiting = inFlight.imagesWaiting();
    oldestAskedAt = inFlight.oldestAskedAt();
  }

  /** The clock of a client may be ahead of this one. */
  private long oldestRequestMillis() {
    return Math.max(0, System.currentTimeMillis() - oldestAskedAt);
  }

  /** An image has got its place. */
  void begun(Portion portion, long now) {
    long waited = now - portion.admittedAt();
    queueWaitMillis.update(waited);
    waitByPriority
        .computeIfAbsent(
            portion.request().getPriority(),
            priority ->
                group
                    .addGroup("priority", String.valueOf(priority))
                    .histogram("waitMillis", new DescriptiveStatisticsHistogram(WINDOW)))
        .update(waited);
    String tenant =
        begunByTenant.containsKey(portion.tenant()) || begunByTenant.size() < MOST_TENANTS
            ? portion.tenant()
            : OTHER_TENANTS;
    begunByTenant
        .computeIfAbsent(
            tenant,
            name -> group.addGroup("tenant", name.isEmpty() ? "none" : name).counter("imagesBegun"))
        .inc();
  }

  /** The word that a request is cancelled has come, whether it is here or not. */
  void cancelled() {
    cancellations.inc();
  }

  /** Images are given up. */
  void dropped(RequestState state, int images) {
    if (state == RequestState.CANCELLED) {
      imagesCancelled.inc(images);
    }
  }

  void ran(DenoiseRun run) {
    if (run.isOutOfMemory()) {
      outOfMemory.inc();
      return;
    }
    if (run.failure() != null) {
      failedRuns.inc();
      return;
    }
    rowsPerBatch.update(run.rows());
    stepMillis.update(run.nanos() / 1_000_000);
    stepsDone.inc(run.images().size());
  }

  void finished() {
    imagesPerSecond.markEvent();
  }
}
