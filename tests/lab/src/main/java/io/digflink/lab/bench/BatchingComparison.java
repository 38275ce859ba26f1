package io.digflink.lab.bench;

import io.digflink.runtime.model.ModelBundle;
import io.digflink.runtime.session.SessionException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * Serves the same streams by each policy, in the time that runs of so many rows have been seen to
 * take: so a stream can be long and there can be many.
 */
final class BatchingComparison {
  /** Part of the throughput of equal requests at which latencies are taken. */
  static final double LOAD = 0.7;

  private static final double GOAL_THROUGHPUT = 2;
  private static final double GOAL_P50 = 0.5;

  private final ModelBundle bundle;
  private final TimedRuns runs;
  private final int requests;

  /**
   * What one policy made of the streams.
   *
   * @param throughput images a second when all come at once
   * @param p50 median latency in seconds at {@link #LOAD}
   * @param p99 99th percentile of it
   */
  record Figures(String policy, Spread throughput, Spread p50, Spread p99) {}

  /**
   * All policies.
   *
   * @param rate requests a second at {@link #LOAD}
   * @param policies in the order of {@link BatchingPolicy}
   * @param throughputRatio of step by step to equal requests, stream by stream
   * @param p50Ratio likewise
   */
  record Result(double rate, List<Figures> policies, Spread throughputRatio, Spread p50Ratio) {
    boolean isGoalMet() {
      return throughputRatio.median() >= GOAL_THROUGHPUT || p50Ratio.median() <= GOAL_P50;
    }
  }

  /**
   * @param requests of a stream
   */
  BatchingComparison(ModelBundle bundle, TimedRuns runs, int requests) {
    this.bundle = bundle;
    this.runs = runs;
    this.requests = requests;
  }

  /** Compares the policies on so many streams. */
  Result compare(int streams) throws SessionException {
    List<List<Double>> throughputs = new ArrayList<>();
    for (BatchingPolicy policy : BatchingPolicy.values()) {
      throughputs.add(
          each(
              serve(streams, Double.POSITIVE_INFINITY, policy),
              outcome -> requests / outcome.seconds()));
    }
    double rate = LOAD * median(throughputs.get(BatchingPolicy.EQUAL_REQUESTS.ordinal()));
    List<List<Double>> p50s = new ArrayList<>();
    List<Figures> figures = new ArrayList<>();
    for (BatchingPolicy policy : BatchingPolicy.values()) {
      List<BatchingServer.Outcome> outcomes = serve(streams, rate, policy);
      p50s.add(each(outcomes, outcome -> outcome.percentile(50)));
      figures.add(
          new Figures(
              policy.title(),
              Spread.of(throughputs.get(policy.ordinal())),
              Spread.of(p50s.get(policy.ordinal())),
              Spread.of(each(outcomes, outcome -> outcome.percentile(99)))));
    }
    return new Result(rate, figures, ratio(throughputs), ratio(p50s));
  }

  private List<BatchingServer.Outcome> serve(int streams, double rate, BatchingPolicy policy)
      throws SessionException {
    BatchingServer server = new BatchingServer(policy, runs.seconds().size(), runs);
    List<BatchingServer.Outcome> outcomes = new ArrayList<>();
    for (int seed = 1; seed <= streams; seed++) {
      outcomes.add(server.serve(Arrival.stream(bundle, requests, rate, seed)));
    }
    return outcomes;
  }

  private static List<Double> each(
      List<BatchingServer.Outcome> outcomes, Function<BatchingServer.Outcome, Double> figure) {
    return outcomes.stream().map(figure).toList();
  }

  private static double median(List<Double> values) {
    return Spread.of(values).median();
  }

  private static Spread ratio(List<List<Double>> ofPolicies) {
    List<Double> ours = ofPolicies.get(BatchingPolicy.STEP_BY_STEP.ordinal());
    List<Double> theirs = ofPolicies.get(BatchingPolicy.EQUAL_REQUESTS.ordinal());
    List<Double> ratios = new ArrayList<>();
    for (int i = 0; i < ours.size(); i++) {
      ratios.add(ours.get(i) / theirs.get(i));
    }
    return Spread.of(ratios);
  }
}
