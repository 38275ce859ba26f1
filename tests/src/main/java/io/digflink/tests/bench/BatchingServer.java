package io.digflink.tests.bench;

import io.digflink.runtime.model.ModelBundle;
import io.digflink.runtime.sampling.RowBatch;
import io.digflink.runtime.session.DenoiserSession;
import io.digflink.runtime.session.SessionException;
import java.util.ArrayList;
import java.util.List;

/**
 * Serves a stream of arrivals by a policy. Every run is a real one and takes the time that it
 * takes; the time between arrivals with nothing to do is skipped.
 */
final class BatchingServer {
  private final ModelBundle bundle;
  private final DenoiserSession session;
  private final RowBatch batch;
  private final BatchingPolicy policy;

  BatchingServer(
      ModelBundle bundle, DenoiserSession session, RowBatch batch, BatchingPolicy policy) {
    this.bundle = bundle;
    this.session = session;
    this.batch = batch;
    this.policy = policy;
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
        Arrival arrival = arrivals.get(next++);
        waiting.add(new InService(arrival, bundle.diffusion().begin(arrival.spec())));
      }
      if (serving.isEmpty() || !policy.isWholeRequest()) {
        serving = policy.choose(waiting, batch.capacity());
      }
      clock += step(serving);
      // Who has had a step goes behind those who have not.
      waiting.removeAll(serving);
      for (InService served : serving) {
        if (served.trajectory().isDone()) {
          latencies.add(clock - served.arrival().seconds());
        } else {
          waiting.add(served);
        }
      }
      serving = serving.stream().filter(served -> !served.trajectory().isDone()).toList();
    }
    return new Outcome(clock, latencies.stream().sorted().toList());
  }

  /** One run; returns its seconds. */
  private double step(List<InService> serving) throws SessionException {
    long start = System.nanoTime();
    batch.clear();
    for (InService served : serving) {
      batch.add(served.trajectory());
    }
    session.run(batch);
    batch.advance();
    return (System.nanoTime() - start) / 1e9;
  }
}
