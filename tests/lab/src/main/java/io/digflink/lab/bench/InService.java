package io.digflink.lab.bench;

import io.digflink.runtime.sampling.TrajectorySpec;

/** A request that has come and is not done. */
final class InService {
  private final Arrival arrival;
  private int stepsDone;

  InService(Arrival arrival) {
    this.arrival = arrival;
  }

  /** When it came, and what it asks for. */
  Arrival arrival() {
    return arrival;
  }

  /** Rows that each of its steps takes. */
  int rows() {
    return arrival.rows();
  }

  void step() {
    stepsDone++;
  }

  boolean isDone() {
    return stepsDone == arrival.spec().steps();
  }

  /** Whether a server of whole requests may batch the two: same steps, same guidance. */
  boolean isLike(InService other) {
    TrajectorySpec a = arrival.spec();
    TrajectorySpec b = other.arrival.spec();
    return a.steps() == b.steps() && a.guidance().equals(b.guidance());
  }
}
