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

  private static final class Rate {
    private int runs;
    private double millisPerRun = Double.MAX_VALUE;
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
      return;
    }
    rate.millisPerRun += LAST * (millis - rate.millisPerRun);
    double work = (double) rows * key.latent().size() / millis;
    workPerMilli = workPerMilli == 0 ? work : workPerMilli + LAST * (work - workPerMilli);
  }

  /** Milliseconds that so many steps of an image take at best; 0 as long as that is not known. */
  double millisForSteps(BatchKey key, int steps) {
    Rate rate = rates.get(key);
    return rate == null || rate.runs <= FIRST_RUNS ? 0 : steps * rate.millisPerRun;
  }

  /** Milliseconds that work takes with nothing beside it; 0 as long as that is not known. */
  double millisForWork(double work) {
    return workPerMilli == 0 ? 0 : work / workPerMilli;
  }
}
