package io.digflink.jobs.denoise;

import io.digflink.jobs.device.BatchKey;
import java.util.LinkedHashMap;
import java.util.Map;

/** How fast this subtask denoises, from its last runs: what deadlines are judged by. */
final class Pace {
  /** Runs of a model and size that are not counted on: the first ones are slow. */
  private static final int FIRST_RUNS = 5;

  /** Weight of the last run in the running mean. */
  private static final double LAST = 0.1;

  /**
   * Weights of the last run in the pace at best: a faster one counts at once, a slower one late.
   */
  private static final double FASTER = 0.5;

  private static final double SLOWER = 0.02;

  private static final int MOST_KEYS = 256;

  private final Map<BatchKey, Rate> rates =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<BatchKey, Rate> eldest) {
          return size() > MOST_KEYS;
        }
      };
  private double workPerMilli;
  private double workPerMilliAtBest;

  private static final class Rate {
    private int runs;
    private double millisPerRun = Double.MAX_VALUE;
    private double millisAtBest = Double.MAX_VALUE;
  }

  /** Takes a run in. */
  void ran(DenoiseRun run) {
    ran(run.key(), run.rows(), run.nanos() / 1e6);
  }

  /** Takes in what is known of a run. */
  void ran(BatchKey key, int rows, double millis) {
    Rate rate = rates.computeIfAbsent(key, k -> new Rate());
    rate.runs++;
    if (rate.runs <= FIRST_RUNS) {
      rate.millisPerRun = Math.min(rate.millisPerRun, millis);
      rate.millisAtBest = rate.millisPerRun;
      return;
    }
    rate.millisPerRun += LAST * (millis - rate.millisPerRun);
    rate.millisAtBest +=
        (millis < rate.millisAtBest ? FASTER : SLOWER) * (millis - rate.millisAtBest);
    double work = (double) rows * key.latent().size() / millis;
    if (workPerMilli == 0) {
      workPerMilli = work;
      workPerMilliAtBest = work;
    }
    workPerMilli += LAST * (work - workPerMilli);
    workPerMilliAtBest +=
        (work > workPerMilliAtBest ? FASTER : SLOWER) * (work - workPerMilliAtBest);
  }

  /** Milliseconds that so many steps of an image take; 0 as long as that is not known. */
  double millisForSteps(BatchKey key, int steps) {
    Rate rate = rates.get(key);
    return isKnown(rate) ? steps * rate.millisPerRun : 0;
  }

  /** The same, if all runs are as the fastest of late. */
  double millisForStepsAtBest(BatchKey key, int steps) {
    Rate rate = rates.get(key);
    return isKnown(rate) ? steps * rate.millisAtBest : 0;
  }

  private static boolean isKnown(Rate rate) {
    return rate != null && rate.runs > FIRST_RUNS;
  }

  /** Milliseconds that work takes with nothing beside it; 0 as long as that is not known. */
  double millisForWork(double work) {
    return workPerMilli == 0 ? 0 : work / workPerMilli;
  }

  /** The same, if all runs are as the fastest of late. */
  double millisForWorkAtBest(double work) {
    return workPerMilli == 0 ? 0 : work / workPerMilliAtBest;
  }
}
