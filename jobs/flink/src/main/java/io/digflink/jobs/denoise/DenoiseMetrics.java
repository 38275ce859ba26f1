package io.digflink.jobs.denoise;

import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.Histogram;
import org.apache.flink.metrics.Meter;
import org.apache.flink.metrics.MeterView;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.runtime.metrics.DescriptiveStatisticsHistogram;

/** What Denoise reports about itself; the module's README says what each metric means. */
final class DenoiseMetrics {
  private static final int WINDOW = 1_000;

  private final Counter stepsDone;
  private final Meter imagesPerSecond;
  private final Counter outOfMemory;
  private final Counter failedRuns;
  private final Histogram rowsPerBatch;
  private final Histogram stepMillis;
  private final Histogram queueWaitMillis;

  // Written by the task's thread, read by reporters.
  private volatile int imagesInFlight;
  private volatile int requestsWaiting;
  private volatile long oldestAskedAt = Long.MAX_VALUE;

  DenoiseMetrics(MetricGroup group) {
    group.gauge("imagesInFlight", () -> imagesInFlight);
    group.gauge("requestsWaiting", () -> requestsWaiting);
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
    requestsWaiting = inFlight.waiting();
    oldestAskedAt = inFlight.oldestAskedAt();
  }

  /** The clock of a client may be ahead of this one. */
  private long oldestRequestMillis() {
    return Math.max(0, System.currentTimeMillis() - oldestAskedAt);
  }

  void begun(long waitedMillis) {
    queueWaitMillis.update(waitedMillis);
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
