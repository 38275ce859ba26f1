package io.digflink.lab.bench;

import io.digflink.runtime.session.SessionException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/**
 * Runs that are not made but take as long as those of as many rows took.
 *
 * @param seconds of a run of 1, 2, 3 … rows
 */
record TimedRuns(List<Double> seconds) implements BatchingServer.Runs {

  /**
   * Times runs of every number of rows in turns, and takes each one's median.
   *
   * @param turns of all of them
   * @param progress called after each turn
   */
  static TimedRuns measure(RealRuns runs, int maxRows, int turns, Runnable progress)
      throws SessionException {
    double[][] measured = new double[maxRows][turns];
    for (int turn = 0; turn < turns; turn++) {
      for (int rows = 1; rows <= maxRows; rows++) {
        measured[rows - 1][turn] = runs.time(rows);
      }
      progress.run();
    }
    List<Double> medians = new ArrayList<>();
    for (double[] ofRows : measured) {
      medians.add(Spread.of(Arrays.stream(ofRows).boxed().toList()).median());
    }
    return new TimedRuns(Collections.unmodifiableList(medians));
  }

  @Override
  public double step(List<InService> serving) {
    return seconds.get(serving.stream().mapToInt(InService::rows).sum() - 1);
  }
}
