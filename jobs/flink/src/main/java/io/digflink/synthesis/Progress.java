package io.digflink.synthesis;

import io.digflink.synthesis.dataset.DatasetSettings;
import io.digflink.synthesis.dataset.ShardAssembler;
import io.digflink.synthesis.job.RunCounts;
import io.digflink.synthesis.plan.DatasetPlan;
import java.io.IOException;
import java.io.PrintStream;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** How far a data set is: what was on disk at the start of a run, and what the run has added. */
final class Progress {
  private static final int MOST_CLASSES_TOLD = 20;

  private final long images;
  private final long before;
  private final List<String> classNames;
  private final long startedAt = System.nanoTime();
  private RunCounts counts = RunCounts.of(Map.of());
  private String lastLine = "";

  private Progress(long images, long before, List<String> classNames) {
    this.images = images;
    this.before = before;
    this.classNames = classNames;
  }

  /** Counts what is on disk. */
  static Progress onDisk(DatasetPlan plan, DatasetSettings settings) throws IOException {
    ShardAssembler assembler = new ShardAssembler(settings);
    long done = 0;
    for (int shard = 0; shard < settings.layout().shards(); shard++) {
      done += assembler.done(shard).cardinality();
    }
    return new Progress(plan.images(), done, settings.info().classNames());
  }

  /** Takes over the job's accumulators. */
  void update(Map<String, Object> accumulators) {
    counts = RunCounts.of(accumulators);
  }

  /** Images there are. */
  long done() {
    return before + counts.images();
  }

  /** Images there are not. */
  long missing() {
    return images - done();
  }

  /** Images made in this run. */
  long madeNow() {
    return counts.images();
  }

  /** Size of their files. */
  long bytesNow() {
    return counts.imageBytes();
  }

  /** Prints percent, rate, time left and counts by class, if anything has changed. */
  void print(PrintStream out) {
    double seconds = (System.nanoTime() - startedAt) / 1e9;
    double rate = madeNow() / seconds;
    String state =
        String.format("%,d of %,d images (%.1f%%)", done(), images, 100.0 * done() / images)
            + (counts.failures() == 0 ? "" : ", " + counts.failures() + " failed");
    if (state.equals(lastLine)) {
      return;
    }
    lastLine = state;
    String left = rate == 0 ? "unknown" : format(Duration.ofSeconds((long) (missing() / rate)));
    out.printf("%s, %.2f images/s, %s left%s%n", state, rate, left, byClass());
  }

  private String byClass() {
    if (counts.labels().isEmpty() || counts.labels().size() > MOST_CLASSES_TOLD) {
      return "";
    }
    return counts.labels().entrySet().stream()
        .map(
            entry ->
                (entry.getKey() < 0 ? "unconditional" : classNames.get(entry.getKey()))
                    + " "
                    + entry.getValue())
        .collect(Collectors.joining(", ", "; since the start: ", ""));
  }

  private static String format(Duration duration) {
    return String.format(
        "%d:%02d:%02d", duration.toHours(), duration.toMinutesPart(), duration.toSecondsPart());
  }
}
