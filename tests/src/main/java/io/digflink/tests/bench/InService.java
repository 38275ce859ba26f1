package io.digflink.tests.bench;

import io.digflink.runtime.sampling.Trajectory;
import io.digflink.runtime.sampling.TrajectorySpec;

/**
 * A request that has come and is not done.
 *
 * @param arrival when it came, and what it asks for
 * @param trajectory where it is
 */
record InService(Arrival arrival, Trajectory trajectory) {

  /** Whether a server of whole requests may batch the two: same steps, same guidance. */
  boolean isLike(InService other) {
    TrajectorySpec a = arrival.spec();
    TrajectorySpec b = other.arrival.spec();
    return a.steps() == b.steps() && a.guidance().equals(b.guidance());
  }
}
