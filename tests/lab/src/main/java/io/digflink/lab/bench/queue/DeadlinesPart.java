package io.digflink.lab.bench.queue;

import io.digflink.jobs.generate.GenerateOptions;
import io.digflink.schemas.GenerationRequest;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import org.apache.flink.configuration.Configuration;

/** A mixed stream whose requests have deadlines, which the job is told of or not. */
final class DeadlinesPart {
  private static final double[] LOADS = {0.7, 0.9, 1.1};
  private static final double BAR_LOAD = 0.9;
  private static final double FEWER_MISSES_BAR = 0.32;
  private static final double ATTAINMENT_BAR = 1.32;

  /** Requests of which the middle is timed: all runs are full then. */
  private static final int FULL_REQUESTS = 120;

  /** In the order told, not, not, told, so that a machine that slows down slows both. */
  private static final boolean[] TURNS = {true, false, false, true};

  private final QueueJob job;
  private final PrintWriter out;
  private int streams;

  /**
   * At a load.
   *
   * @param load of the capacity measured before it
   * @param perSecond requests
   * @param runMillis a run when the job is full
   * @param requests of all streams, with the deadline and without alike
   * @param metWithDeadline those in time where the job is told
   * @param metWithout those in time where it is not
   */
  record Row(
      double load,
      double perSecond,
      double runMillis,
      int requests,
      int metWithDeadline,
      int metWithout) {

    double attainmentRatio() {
      return metWithDeadline / (double) metWithout;
    }

    double fewerMisses() {
      return 1 - (requests - metWithDeadline) / (double) (requests - metWithout);
    }
  }

  record Figures(int subtasks, int places, double streamSeconds, List<Row> rows)
      implements Findings {
    @Override
    public String table() {
      StringBuilder table = new StringBuilder();
      table.append(
          String.format(
              Locale.ROOT,
              "Deadlines: requests of one image of %d to %d steps, Poisson arrivals, 2 streams of %.0f s"
                  + " per load; %d subtasks of %s places%n%n"
                  + "| load | requests/s | a run | requests | in time, least slack first | first come,"
                  + " first served | ratio | fewer misses |%n"
                  + "|---:|---:|---:|---:|---:|---:|---:|---:|%n",
              MixedStream.FEWEST_STEPS,
              MixedStream.MOST_STEPS,
              streamSeconds,
              subtasks,
              places == 0 ? "64" : String.valueOf(places)));
      rows.forEach(row -> table.append(line(row)));
      table.append(
          String.format(
              Locale.ROOT,
              "%nIn time: the image's file is there by the deadline, which is the steps times the"
                  + " median run of the full job times a factor, uniform from %.1f to %.1f. First come,"
                  + " first served: the same arrivals, and the job is not told. Load: of the requests/s"
                  + " that the full job serves, measured before each.%n",
              MixedStream.LEAST_SLACK,
              MixedStream.MOST_SLACK));
      rows.stream().filter(row -> row.load() == BAR_LOAD).forEach(row -> table.append(bar(row)));
      return table.toString();
    }

    private static String line(Row row) {
      return String.format(
          Locale.ROOT,
          "| %.1f | %.2f | %.1f ms | %d | %.1f %% | %.1f %% | %.3f | %.0f %% |%n",
          row.load(),
          row.perSecond(),
          row.runMillis(),
          row.requests(),
          100.0 * row.metWithDeadline() / row.requests(),
          100.0 * row.metWithout() / row.requests(),
          row.attainmentRatio(),
          100 * row.fewerMisses());
    }

    private static String bar(Row row) {
      return String.format(
          Locale.ROOT,
          "Bar at %.1f: %.2f times the attainment (%s) or %.0f %% fewer misses (%s).%n",
          BAR_LOAD,
          ATTAINMENT_BAR,
          row.attainmentRatio() >= ATTAINMENT_BAR ? "met" : "missed",
          100 * FEWER_MISSES_BAR,
          row.fewerMisses() >= FEWER_MISSES_BAR ? "met" : "missed");
    }
  }

  /** What the full job serves. */
  private record Capacity(double requestsPerSecond, double runMillis) {}

  private DeadlinesPart(QueueJob job, PrintWriter out) {
    this.job = job;
    this.out = out;
  }

  static Figures measure(Scale scale, PrintWriter out) throws Exception {
    List<Row> rows = new ArrayList<>();
    Configuration options = new Configuration();
    options.set(GenerateOptions.MAX_IN_FLIGHT, scale.places());
    try (QueueJob job = QueueJob.start(scale.models(), scale.bundle(), scale.subtasks(), options)) {
      DeadlinesPart part = new DeadlinesPart(job, out);
      for (double load : LOADS) {
        out.println("deadlines: load " + load);
        out.flush();
        rows.add(part.row(load, scale.streamSeconds()));
      }
    }
    return new Figures(scale.subtasks(), scale.places(), scale.streamSeconds(), rows);
  }

  private Row row(double load, double seconds) throws IOException, InterruptedException {
    Capacity capacity = capacity();
    double perSecond = load * capacity.requestsPerSecond();
    int requests = 0;
    int[] met = new int[2];
    for (int turn = 0; turn < TURNS.length; turn++) {
      // The first two have one stream, the last two another.
      List<MixedStream.Arrival> stream =
          MixedStream.of(seconds, perSecond, capacity.runMillis(), turn / 2);
      requests += TURNS[turn] ? stream.size() : 0;
      met[TURNS[turn] ? 1 : 0] += serve(stream, TURNS[turn]);
    }
    out.printf(
        Locale.ROOT,
        "deadlines: at %.1f of %.2f requests/s %d and %d of %d in time%n",
        load,
        capacity.requestsPerSecond(),
        met[1],
        met[0],
        requests);
    out.flush();
    return new Row(load, perSecond, capacity.runMillis(), requests, met[1], met[0]);
  }

  /** Requests a second in the middle of more than the job has places for. */
  private Capacity capacity() throws IOException, InterruptedException {
    Random random = new Random(streams);
    List<String> ids = new ArrayList<>();
    Map<String, Integer> steps = new HashMap<>();
    streams++;
    for (int i = 0; i < FULL_REQUESTS; i++) {
      String id = "full-" + streams + "-" + i;
      ids.add(id);
      steps.put(id, MixedStream.steps(random));
      job.send(job.request(id, 1, steps.get(id)));
    }
    job.awaitEnds(ids);
    List<Made> made =
        job.images().stream()
            .filter(image -> steps.containsKey(image.requestId()))
            .sorted((a, b) -> Long.compare(a.encodedAt(), b.encodedAt()))
            .toList();
    List<Made> middle = made.subList(made.size() / 4, 3 * made.size() / 4);
    double millis = middle.get(middle.size() - 1).encodedAt() - middle.get(0).encodedAt();
    double done = 0;
    for (Made image : middle.subList(1, middle.size())) {
      done += steps.get(image.requestId());
    }
    // In steps: those that are done first have fewer.
    return new Capacity(1e3 * done / millis / MixedStream.MEAN_STEPS, job.medianRunMillis());
  }

  /** Serves a stream; returns how many requests met their deadline. */
  private int serve(List<MixedStream.Arrival> stream, boolean isTold)
      throws IOException, InterruptedException {
    streams++;
    Map<String, Long> deadlines = new HashMap<>();
    long start = System.currentTimeMillis();
    for (MixedStream.Arrival arrival : stream) {
      String id = "stream-" + streams + "-" + deadlines.size();
      job.await("the next arrival", () -> System.currentTimeMillis() - start >= arrival.millis());
      long deadline = start + arrival.millis() + arrival.budgetMillis();
      GenerationRequest request = job.request(id, 1, arrival.steps());
      request.setDeadline(isTold ? Instant.ofEpochMilli(deadline) : null);
      job.send(request);
      deadlines.put(id, deadline);
    }
    job.awaitEnds(deadlines.keySet());
    return (int)
        job.images().stream()
            .filter(made -> deadlines.containsKey(made.requestId()))
            .filter(made -> made.encodedAt() <= deadlines.get(made.requestId()))
            .count();
  }
}
