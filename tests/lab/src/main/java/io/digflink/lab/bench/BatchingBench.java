package io.digflink.lab.bench;

import io.digflink.cli.ModelDirectory;
import io.digflink.cli.PositiveNumber;
import io.digflink.cli.ProgressBar;
import io.digflink.runtime.model.ModelBundle;
import io.digflink.runtime.model.ModelCatalog;
import io.digflink.runtime.session.Device;
import io.digflink.runtime.session.SessionException;
import java.io.PrintWriter;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code bench batching}: continuous batching against batching as other servers do it. */
@Command(
    name = "batching",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Serve mixed streams step by step, by equal requests, and one by one.",
      "Runs of each number of rows are timed on the device. The streams are then served in those"
          + " times, and the start of one is served in real runs, to see whether they are right.",
      "Equal requests have the same steps and guidance and are found wherever they wait. Denoising"
          + " alone: what follows is the same for all."
    })
final class BatchingBench implements Callable<Integer> {
  private static final int MOST_ON_A_GPU = 32;
  private static final int MOST_ON_A_CPU = 8;
  private static final int TURNS = 100;
  private static final int FIRST_STREAM = 1;

  @Spec private CommandSpec spec;

  @Option(
      names = "--requests",
      converter = PositiveNumber.class,
      paramLabel = "N",
      description = "Requests of each stream (default: ${DEFAULT-VALUE}).")
  private int requests = 500;

  @Option(
      names = "--streams",
      converter = PositiveNumber.class,
      paramLabel = "N",
      description = "Streams, each of other requests (default: ${DEFAULT-VALUE}).")
  private int streams = 15;

  @Option(
      names = "--real-requests",
      converter = PositiveNumber.class,
      paramLabel = "N",
      description = "Requests that are served in real runs as well (default: ${DEFAULT-VALUE}).")
  private int realRequests = 100;

  @Option(
      names = "--max-batch-rows",
      converter = PositiveNumber.class,
      paramLabel = "N",
      description = "Most rows of a run (default: 32 on a GPU, 8 on a CPU).")
  private Integer maxRows;

  @Mixin private ModelDirectory models;
  @Mixin private JsonFile json;

  /**
   * What was measured.
   *
   * @param runSeconds of a run of 1, 2, 3 … rows
   * @param requests of a stream
   * @param realOverTimed seconds of real runs over those of the same runs as timed, by policy
   */
  private record Figures(
      String model,
      String device,
      List<Double> runSeconds,
      int requests,
      int streams,
      BatchingComparison.Result result,
      Map<BatchingPolicy, Double> realOverTimed) {}

  @Override
  public Integer call() throws Exception {
    PrintWriter out = spec.commandLine().getOut();
    ModelCatalog catalog = ModelCatalog.open(models.resolve(out::println));
    ModelBundle bundle = catalog.find(catalog.names().iterator().next()).orElseThrow();
    Device device = Device.of("auto");
    int rows = maxRows == null ? (device.isCuda() ? MOST_ON_A_GPU : MOST_ON_A_CPU) : maxRows;
    try (RealRuns real = new RealRuns(bundle, device, rows)) {
      ProgressBar bar = new ProgressBar(out, TURNS, "turns");
      TimedRuns timed =
          TimedRuns.measure(
              real, rows, TURNS, () -> bar.step("each of a run of 1 to " + rows + " rows"));
      BatchingComparison.Result result =
          new BatchingComparison(bundle, timed, requests).compare(streams);
      Figures figures =
          new Figures(
              bundle.name(),
              device.toString(),
              timed.seconds(),
              requests,
              streams,
              result,
              check(bundle, real, timed, result.rate(), out));
      print(figures, out);
      json.write(figures);
    }
    return 0;
  }

  /** Serves the start of a stream in real runs; returns how much longer than timed they take. */
  private Map<BatchingPolicy, Double> check(
      ModelBundle bundle, RealRuns real, TimedRuns timed, double rate, PrintWriter out)
      throws SessionException {
    List<Arrival> arrivals = Arrival.stream(bundle, realRequests, rate, FIRST_STREAM);
    Map<BatchingPolicy, Double> ratios = new EnumMap<>(BatchingPolicy.class);
    ProgressBar bar = new ProgressBar(out, BatchingPolicy.values().length, "policies");
    for (BatchingPolicy policy : BatchingPolicy.values()) {
      double[] seconds = new double[2];
      BatchingServer.Runs both =
          serving -> {
            double run = real.step(serving);
            seconds[0] += run;
            seconds[1] += timed.step(serving);
            return run;
          };
      new BatchingServer(policy, timed.seconds().size(), both).serve(arrivals);
      ratios.put(policy, seconds[0] / seconds[1]);
      bar.step(realRequests + " requests in real runs");
    }
    return ratios;
  }

  private void print(Figures figures, PrintWriter out) {
    BatchingComparison.Result result = figures.result();
    List<Double> seconds = figures.runSeconds();
    out.printf(
        Locale.ROOT,
        "%n%s on %s: a run of 1 row takes %.2f ms, one of %d rows %.2f ms%n"
            + "%d streams of %d requests of 10, 25, 50 or 100 steps, guided or not; medians, least"
            + " to greatest%n"
            + "Latencies at %.2f requests/s, %.0f %% of the throughput of equal requests%n%n",
        figures.model(),
        figures.device(),
        1e3 * seconds.get(0),
        seconds.size(),
        1e3 * seconds.get(seconds.size() - 1),
        streams,
        requests,
        result.rate(),
        100 * BatchingComparison.LOAD);
    out.printf("%-28s%22s%22s%22s%n", "", "images/s", "p50 (s)", "p99 (s)");
    for (BatchingComparison.Figures policy : result.policies()) {
      out.printf(
          "%-28s%22s%22s%22s%n",
          policy.policy(), text(policy.throughput()), text(policy.p50()), text(policy.p99()));
    }
    out.printf(
        "%-28s%22s%22s%n%n",
        "step by step : equal", text(result.throughputRatio()), text(result.p50Ratio()));
    out.printf(
        "Goal: twice the images/s or half the p50; %s.%n", result.isGoalMet() ? "met" : "missed");
    out.printf("Real runs of %d requests took, of the time counted with:", realRequests);
    figures
        .realOverTimed()
        .forEach((policy, ratio) -> out.printf(Locale.ROOT, " %s %.3f", policy.title(), ratio));
    out.println();
    out.flush();
  }

  private static String text(Spread spread) {
    return String.format(
        Locale.ROOT, "%.2f (%.2f to %.2f)", spread.median(), spread.least(), spread.greatest());
  }
}
