package io.digflink.lab.bench.queue;

import io.digflink.jobs.generate.GenerateOptions;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.apache.flink.configuration.Configuration;

/** What denoise.batch-wait brings to lone requests that come in pairs, on one subtask. */
final class BatchWaitPart {
  private static final int STEPS = 20;
  private static final int LONGEST_GAP_MILLIS = 10;
  private static final long SEED = 1;

  /** With so many the last thousand runs, which the metric is of, are all of pairs. */
  private static final int PAIRS_PER_PROBE = 3;

  /**
   * With a wait.
   *
   * @param pairMillis from the admission of the first of a pair to the last file of both
   * @param millis from a request's admission to its image's file
   * @param rows mean of the runs
   */
  record Row(int waitMillis, Distribution pairMillis, Distribution millis, double rows) {}

  record Figures(int pairs, List<Row> rows) implements Findings {
    @Override
    public String table() {
      StringBuilder table = new StringBuilder();
      table.append(
          String.format(
              Locale.ROOT,
              "denoise.batch-wait: %d pairs of requests of one image of %d steps, the second up to"
                  + " %d ms after the first, the next pair when both are out; 1 subtask%n%n"
                  + "| wait | images/s while a pair is served | latency p50 | p99 | rows per run |%n"
                  + "|---:|---:|---:|---:|---:|%n",
              pairs,
              STEPS,
              LONGEST_GAP_MILLIS));
      for (Row row : rows) {
        table.append(
            String.format(
                Locale.ROOT,
                "| %d ms | %.2f | %.0f ms | %.0f ms | %.2f |%n",
                row.waitMillis(),
                2e3 / row.pairMillis().median(),
                row.millis().median(),
                row.millis().p99(),
                row.rows()));
      }
      table.append(
          String.format(
              "%nImages/s: two over the median time from the first one's admission to the last file"
                  + " of both. Latency: from admission to the file.%n"));
      return table.toString();
    }
  }

  private BatchWaitPart() {}

  static Figures measure(Scale scale, PrintWriter out) throws Exception {
    List<Row> rows = new ArrayList<>();
    for (int wait : scale.waits()) {
      out.println("batch-wait: " + wait + " ms");
      out.flush();
      Configuration options = new Configuration();
      options.set(GenerateOptions.BATCH_WAIT, Duration.ofMillis(wait));
      try (QueueJob job = QueueJob.start(scale.models(), scale.bundle(), 1, options)) {
        rows.add(row(job, wait, PAIRS_PER_PROBE * scale.probes()));
      }
    }
    return new Figures(PAIRS_PER_PROBE * scale.probes(), rows);
  }

  private static Row row(QueueJob job, int wait, int pairs) throws Exception {
    Random random = new Random(SEED);
    List<Long> pairMillis = new ArrayList<>();
    List<Long> millis = new ArrayList<>();
    for (int i = 0; i < pairs; i++) {
      String first = "first-" + i;
      String second = "second-" + i;
      int gap = random.nextInt(LONGEST_GAP_MILLIS + 1);
      long due = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(gap);
      job.send(job.request(first, 1, STEPS));
      TimeUnit.NANOSECONDS.sleep(due - System.nanoTime());
      job.send(job.request(second, 1, STEPS));
      job.awaitEnds(List.of(first, second));
      List<Made> made =
          job.images().stream()
              .filter(image -> List.of(first, second).contains(image.requestId()))
              .toList();
      made.forEach(image -> millis.add(image.encodedAt() - image.admittedAt()));
      pairMillis.add(
          made.stream().mapToLong(Made::encodedAt).max().orElseThrow()
              - made.stream().mapToLong(Made::admittedAt).min().orElseThrow());
    }
    return new Row(wait, Distribution.of(pairMillis), Distribution.of(millis), job.meanRows());
  }
}
