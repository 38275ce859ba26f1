package io.digflink.lab.bench.queue;

import io.digflink.schemas.RequestState;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.apache.flink.configuration.Configuration;

/** How long a request of one image waits behind large ones, which are cancelled afterwards. */
final class WaitingPart {
  private static final int[] BEHIND = {0, 1, 2, 8};
  private static final int STEPS = 20;
  private static final double BAR_RUNS = 2;
  private static final int COLUMNS = 14;

  /**
   * Behind so many large requests.
   *
   * @param millisInKafka from sending to admission
   * @param millis from admission to the end of the first step
   * @param runs the same without that step itself, in runs of the device
   * @param images of the large requests whose last step was done in that time
   * @param runMillis a run, the median
   * @param slowestRunMillis the slowest of the last thousand of a subtask
   * @param rows of a run, the mean
   * @param cancelled large requests that ended CANCELLED
   * @param made images of them that were out by then
   */
  record Row(
      int behind,
      Distribution millisInKafka,
      Distribution millis,
      Distribution runs,
      Distribution images,
      double runMillis,
      double slowestRunMillis,
      double rows,
      int cancelled,
      int made) {}

  record Figures(int subtasks, int largeImages, int probes, List<Row> rows) implements Findings {
    @Override
    public String table() {
      StringBuilder table = new StringBuilder();
      table.append(
          String.format(
              Locale.ROOT,
              "Waiting: a request of one image behind large ones of %,d images of %d steps, %d"
                  + " subtasks, %d of them one after the other%n%n"
                  + "| behind | in Kafka p50 | max | to its first step p50 | max | a run p50 | max | rows | runs before"
                  + " its own p50 | max | images meanwhile p50 | max | cancelled | made till then |%n"
                  + "|%s%n",
              largeImages,
              STEPS,
              subtasks,
              probes,
              "---:|".repeat(COLUMNS)));
      rows.forEach(row -> table.append(line(row)));
      table.append(
          String.format(
              Locale.ROOT,
              "%nReckoned from the image's own times: it takes one step, so queue_millis +"
                  + " denoise_millis is the time from its admission to the end of its first step; over"
                  + " the median of Denoise.stepMillis, less its own run. In Kafka: from sending to"
                  + " admission. Meanwhile: images of the large requests whose last step was done"
                  + " between the two.%nBar: it begins within %.0f runs; p50 behind the most %s.%n",
              BAR_RUNS,
              rows.get(rows.size() - 1).runs().median() <= BAR_RUNS ? "met" : "missed"));
      return table.toString();
    }

    private static String line(Row row) {
      return String.format(
          Locale.ROOT,
          "| %d | %.0f ms | %.0f ms | %.0f ms | %.0f ms | %.1f ms | %.0f ms | %.1f | %.1f | %.1f"
              + " | %.0f | %.0f | %d of %d | %d |%n",
          row.behind(),
          row.millisInKafka().median(),
          row.millisInKafka().greatest(),
          row.millis().median(),
          row.millis().greatest(),
          row.runMillis(),
          row.slowestRunMillis(),
          row.rows(),
          row.runs().median(),
          row.runs().greatest(),
          row.images().median(),
          row.images().greatest(),
          row.cancelled(),
          row.behind(),
          row.made());
    }
  }

  private WaitingPart() {}

  static Figures measure(Scale scale, PrintWriter out) throws Exception {
    List<Row> rows = new ArrayList<>();
    try (QueueJob job =
        QueueJob.start(scale.models(), scale.bundle(), scale.subtasks(), new Configuration())) {
      for (int behind : BEHIND) {
        out.println("waiting: behind " + behind + " requests");
        out.flush();
        rows.add(row(job, scale, behind));
      }
    }
    return new Figures(scale.subtasks(), scale.largeImages(), scale.probes(), rows);
  }

  private static Row row(QueueJob job, Scale scale, int behind) throws Exception {
    List<String> large = new ArrayList<>();
    for (int i = 0; i < behind; i++) {
      large.add("large-" + behind + "-" + i);
      job.send(job.request(large.get(i), scale.largeImages(), STEPS));
    }
    job.await(
        "all large requests to run, and an image",
        () ->
            large.stream()
                .allMatch(id -> job.state(id) == RequestState.RUNNING && job.imagesOf(id) > 0));
    List<Long> inKafka = new ArrayList<>();
    List<Made> probes = new ArrayList<>();
    for (int i = 0; i < scale.probes(); i++) {
      long sent = System.currentTimeMillis();
      Made probe = serve(job, "probe-" + behind + "-" + i);
      inKafka.add(Math.max(0, probe.admittedAt() - sent));
      probes.add(probe);
    }
    double runMillis = job.medianRunMillis();
    double slowest = job.slowestRunMillis();
    double rows = job.meanRows();
    job.cancel(large);
    List<Long> millis = probes.stream().map(p -> p.denoisedAt() - p.admittedAt()).toList();
    return new Row(
        behind,
        Distribution.of(inKafka),
        Distribution.of(millis),
        Distribution.of(millis.stream().map(ms -> Math.max(0, ms / runMillis - 1)).toList()),
        Distribution.of(probes.stream().map(probe -> meanwhile(job, large, probe)).toList()),
        runMillis,
        slowest,
        rows,
        (int) large.stream().filter(id -> job.state(id) == RequestState.CANCELLED).count(),
        large.stream().mapToInt(job::imagesOf).sum());
  }

  /** Has an image made in one step. */
  private static Made serve(QueueJob job, String id) throws Exception {
    job.send(job.request(id, 1, 1));
    job.awaitEnds(List.of(id));
    return job.images().stream()
        .filter(made -> made.requestId().equals(id))
        .findAny()
        .orElseThrow();
  }

  /** Images of large requests that were denoised while another one waited and took its step. */
  private static int meanwhile(QueueJob job, List<String> large, Made probe) {
    return (int)
        job.images().stream()
            .filter(made -> large.contains(made.requestId()))
            .filter(made -> made.denoisedAt() > probe.admittedAt())
            .filter(made -> made.denoisedAt() <= probe.denoisedAt())
            .count();
  }
}
