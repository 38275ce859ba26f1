package io.digflink.jobs.decode;

import io.digflink.jobs.request.ImageHeader;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.Histogram;
import org.apache.flink.metrics.Meter;
import org.apache.flink.metrics.MeterView;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.runtime.metrics.DescriptiveStatisticsHistogram;

/** What Decode reports about itself; the module's README says what each metric means. */
final class DecodeMetrics {
  private static final int WINDOW = 1_000;

  private final Meter imagesPerSecond;
  private final Counter outOfMemory;
  private final Counter failedRuns;
  private final Histogram decodeMillis;
  private final Histogram requestMillis;
  private final Histogram endToEndMillis;

  // Written by the task's thread, read by reporters.
  private volatile int latentsWaiting;

  DecodeMetrics(MetricGroup group) {
    group.gauge("latentsWaiting", () -> latentsWaiting);
    imagesPerSecond = group.meter("imagesPerSecond", new MeterView(group.counter("imagesDone")));
    outOfMemory = group.counter("outOfMemory");
    failedRuns = group.counter("failedRuns");
    decodeMillis = group.histogram("decodeMillis", new DescriptiveStatisticsHistogram(WINDOW));
    requestMillis = group.histogram("requestMillis", new DescriptiveStatisticsHistogram(WINDOW));
    endToEndMillis = group.histogram("endToEndMillis", new DescriptiveStatisticsHistogram(WINDOW));
  }

  void observe(int waiting) {
    latentsWaiting = waiting;
  }

  void ran(DecodeRun run) {
    if (run.isOutOfMemory()) {
      outOfMemory.inc();
    } else if (run.failure() != null) {
      failedRuns.inc();
    } else {
      decodeMillis.update(run.nanos() / 1_000_000);
    }
  }

  void finished(ImageHeader header, long now) {
    imagesPerSecond.markEvent();
    requestMillis.update(now - header.admittedAt());
    // The clock of a client may be ahead of this one.
    endToEndMillis.update(Math.max(0, now - header.askedAt()));
  }
}
