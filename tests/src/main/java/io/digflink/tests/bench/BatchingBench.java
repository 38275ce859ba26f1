package io.digflink.tests.bench;

import io.digflink.cli.ModelDirectory;
import io.digflink.runtime.model.ModelBundle;
import io.digflink.runtime.model.ModelCatalog;
import io.digflink.runtime.sampling.RowBatch;
import io.digflink.runtime.session.DenoiserSession;
import io.digflink.runtime.session.Device;
import io.digflink.runtime.session.SessionException;
import java.io.PrintWriter;
import java.util.ArrayList;
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
    description = "Serve one mixed stream step by step, by equal requests, and one by one.")
final class BatchingBench implements Callable<Integer> {
  private static final double LOAD = 0.7;

  @Spec private CommandSpec spec;

  @Option(
      names = "--requests",
      paramLabel = "N",
      description = "Requests of each stream (default: ${DEFAULT-VALUE}).")
  private int requests = 64;

  @Option(
      names = "--max-batch-rows",
      paramLabel = "N",
      description = "Most rows of a run (default: as many as suit the device).")
  private Integer maxRows;

  @Mixin private ModelDirectory models;
  @Mixin private JsonFile json;

  /**
   * What was measured.
   *
   * @param throughput images a second when all come at once
   * @param p50 median latency in seconds at 70% of the throughput of equal requests
   * @param p99 99th percentile of it
   */
  record Figures(String policy, double throughput, double p50, double p99) {}

  @Override
  public Integer call() throws Exception {
    PrintWriter out = spec.commandLine().getOut();
    ModelCatalog catalog = ModelCatalog.open(models.resolve(out::println));
    ModelBundle bundle = catalog.find(catalog.names().iterator().next()).orElseThrow();
    List<Figures> all = new ArrayList<>();
    Device device = Device.of("auto");
    if (maxRows == null) {
      maxRows = device.suitableRows();
    }
    try (DenoiserSession session = bundle.openDenoiser(device, 0)) {
      all.addAll(measure(bundle, session));
    }
    out.printf(
        "%s, %d requests of 10, 25, 50 or 100 steps, guided or not, at most %d rows a run%n",
        bundle.name(), requests, maxRows);
    out.printf("latencies at %.0f%% of the throughput of equal requests%n%n", 100 * LOAD);
    out.printf("%-18s%12s%10s%10s%n", "policy", "images/s", "p50 s", "p99 s");
    for (Figures figures : all) {
      out.printf(
          Locale.ROOT,
          "%-18s%12.2f%10.2f%10.2f%n",
          figures.policy(),
          figures.throughput(),
          figures.p50(),
          figures.p99());
    }
    out.flush();
    json.write(all);
    return 0;
  }

  private List<Figures> measure(ModelBundle bundle, DenoiserSession session)
      throws SessionException {
    RowBatch batch = new RowBatch(maxRows, bundle.latentShape(), bundle.diffusion());
    Map<BatchingPolicy, Double> throughputs = new EnumMap<>(BatchingPolicy.class);
    List<Arrival> atOnce = Arrival.stream(bundle, requests, Double.POSITIVE_INFINITY);
    new BatchingServer(bundle, session, batch, BatchingPolicy.STEP_BY_STEP)
        .serve(atOnce.subList(0, Math.min(requests, 4))); // warms the session up
    for (BatchingPolicy policy : BatchingPolicy.values()) {
      BatchingServer server = new BatchingServer(bundle, session, batch, policy);
      throughputs.put(policy, requests / server.serve(atOnce).seconds());
    }
    double rate = LOAD * throughputs.get(BatchingPolicy.EQUAL_REQUESTS);
    List<Arrival> arrivals = Arrival.stream(bundle, requests, rate);
    List<Figures> all = new ArrayList<>();
    for (BatchingPolicy policy : BatchingPolicy.values()) {
      BatchingServer.Outcome outcome =
          new BatchingServer(bundle, session, batch, policy).serve(arrivals);
      all.add(
          new Figures(
              policy.title(),
              throughputs.get(policy),
              outcome.percentile(50),
              outcome.percentile(99)));
    }
    return all;
  }
}
