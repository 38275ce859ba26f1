package io.digflink.lab.bench.queue;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * A stream of requests of one image: Poisson arrivals, 10 to 50 steps, a deadline of a multiple of
 * the time that so many runs take.
 */
final class MixedStream {
  static final int FEWEST_STEPS = 10;
  static final int MOST_STEPS = 50;

  /** Runs of the device until the deadline, per step: uniform between these. */
  static final double LEAST_SLACK = 1.2;

  static final double MOST_SLACK = 3;

  static final double MEAN_STEPS = (FEWEST_STEPS + MOST_STEPS) / 2.0;

  /**
   * A request.
   *
   * @param millis when it is sent, from the start of the stream
   * @param budgetMillis from then to its deadline
   */
  record Arrival(long millis, int steps, long budgetMillis) {}

  private MixedStream() {}

  /**
   * A stream.
   *
   * @param perSecond requests
   * @param runMillis a run of the device
   * @param seed the same one gives the same stream
   */
  static List<Arrival> of(double seconds, double perSecond, double runMillis, long seed) {
    Random random = new Random(seed);
    List<Arrival> arrivals = new ArrayList<>();
    double at = 0;
    while (true) {
      at += -Math.log(1 - random.nextDouble()) / perSecond;
      int steps = steps(random);
      double slack = LEAST_SLACK + (MOST_SLACK - LEAST_SLACK) * random.nextDouble();
      if (at >= seconds) {
        return arrivals;
      }
      arrivals.add(new Arrival(Math.round(1e3 * at), steps, Math.round(slack * steps * runMillis)));
    }
  }

  /** Steps of a request by chance. */
  static int steps(Random random) {
    return FEWEST_STEPS + random.nextInt(MOST_STEPS - FEWEST_STEPS + 1);
  }
}
