package io.digflink.lab.bench;

import io.digflink.runtime.session.SessionException;
import java.util.ArrayList;
import java.util.List;

/**
 * Serves a stream of arrivals by a policy. The clock moves on by what each run takes; the time
 * between arrivals with nothing to do is skipped.
 */
final class BatchingServer {
  private final BatchingPolicy policy;
  private final int maxRows;
  private final Runs runs;

  /** Takes steps. */
  interface Runs {
    /** Takes the next step of these together; returns the seconds that it takes. */
    double step(List<InService> serving) throws SessionException;
  }

  /**
   * What came of a stream.
   *
   * @param seconds until the last was done
   * @param latencies from arrival to done, in seconds, ascending
   */
  record Outcome(double seconds, List<Double> latencies) {
    double percentile(int percent) {
      int rank = (int) Math.ceil(percent / 100.0 * latencies.size());
      return latencies.get(Math.max(0, rank - 1));
    }
  }

  BatchingServer(BatchingPolicy policy, int maxRows, Runs runs) {
    this.policy = policy;
    this.maxRows = maxRows;
    this.runs = runs;
  }

  Outcome serve(List<Arrival> arrivals) throws SessionException {
    List<InService> waiting = new ArrayList<>();
    List<InService> serving = List.of();
    List<Double> latencies = new ArrayList<>();
    double clock = 0;
    int next = 0;
    while (latencies.size() < arrivals.size()) {
      if (waiting.isEmpty()) {
        clock = Math.max(clock, arrivals.get(next).seconds());
      }
      while (next < arrivals.size() && arrivals.get(next).seconds() <= clock) {
        waiting.add(new InService(arrivals.get(next++)));
      }
      if (serving.isEmpty() || !policy.isWholeRequest()) {
        serving = policy.choose(waiting, maxRows);
      }
      clock += runs.step(serving);
      serving.forEach(InService::step);
      // Who has had a step goes behind those who have not.
      waiting.removeAll(serving);
      for (InService served : serving) {
        if (served.isDone()) {
          latencies.add(clock - served.arrival().seconds());
        } else {
          waiting.add(served);
        }
      }
      serving = serving.stream().filter(served -> !served.isDone()).toList();
    }
    return new Outcome(clock, latencies.stream().sorted().toList());
  }
}
