package io.digflink.runtime.session;

import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * Finds the number of rows beyond which larger runs bring little, by timing runs of 1, 2, 4, …
 * times the least number.
 *
 * <p>It stops where two doublings in a row have not brought {@value #GAIN_PERCENT} % more rows per
 * second, where a run takes too long or too much memory, or when its own time is over.
 */
public final class BatchKnee {
  private static final int GAIN_PERCENT = 5;
  private static final int REPEATS = 3;
  private static final int DOUBLINGS_WITHOUT_GAIN = 2;

  private final int least;
  private final int most;
  private final Duration longestRun;
  private final Duration longestSearch;
  private final LongSupplier clock;

  /** Runs the graph. */
  @FunctionalInterface
  public interface Run {
    /** Runs it once on so many rows. */
    void on(int rows) throws SessionException;
  }

  /**
   * What was found.
   *
   * @param rows the smallest number that makes 95 % of the most rows per second
   * @param runNanos duration of a run of so many
   */
  public record Found(int rows, long runNanos) {
    /** Rows per second. */
    public double rowsPerSecond() {
      return rows * 1e9 / runNanos;
    }
  }

  /**
   * Of the search.
   *
   * @param least rows of the smallest run
   * @param most rows of the greatest
   * @param longestRun no run longer than this is chosen, but for the smallest
   * @param longestSearch no run is begun that is expected to end after this
   */
  public BatchKnee(int least, int most, Duration longestRun, Duration longestSearch) {
    this(least, most, longestRun, longestSearch, System::nanoTime);
  }

  BatchKnee(int least, int most, Duration longestRun, Duration longestSearch, LongSupplier clock) {
    this.least = least;
    this.most = most;
    this.longestRun = longestRun;
    this.longestSearch = longestSearch;
    this.clock = clock;
  }

  /**
   * Searches.
   *
   * @throws SessionException if the smallest run fails
   */
  public Found find(Run run) throws SessionException {
    long deadline = clock.getAsLong() + longestSearch.toNanos();
    Found chosen = new Found(least, time(run, least, deadline));
    double best = chosen.rowsPerSecond();
    int withoutGain = 0;
    long last = chosen.runNanos();
    for (int rows = 2 * least; rows <= most && withoutGain < DOUBLINGS_WITHOUT_GAIN; rows *= 2) {
      if (last > longestRun.toNanos() || deadline - clock.getAsLong() < 2 * last) {
        break;
      }
      Found next;
      try {
        next = new Found(rows, time(run, rows, deadline));
      } catch (OutOfDeviceMemoryException e) {
        break;
      }
      last = next.runNanos();
      if (last > longestRun.toNanos()) {
        break;
      }
      boolean gains = next.rowsPerSecond() > best * (100 + GAIN_PERCENT) / 100;
      withoutGain = gains ? 0 : withoutGain + 1;
      if (next.rowsPerSecond() > chosen.rowsPerSecond() * (100 + GAIN_PERCENT) / 100) {
        chosen = next;
      }
      best = Math.max(best, next.rowsPerSecond());
    }
    return chosen;
  }

  /** The shortest of a few runs after one that warms up, which counts if there is no time left. */
  private long time(Run run, int rows, long deadline) throws SessionException {
    long warmUp = once(run, rows);
    long shortest = Long.MAX_VALUE;
    for (int i = 0; i < REPEATS; i++) {
      long expected = Math.min(warmUp, shortest);
      if (expected > longestRun.toNanos() || deadline - clock.getAsLong() < expected) {
        break;
      }
      shortest = Math.min(shortest, once(run, rows));
    }
    return Math.min(warmUp, shortest);
  }

  private long once(Run run, int rows) throws SessionException {
    long start = clock.getAsLong();
    run.on(rows);
    return Math.max(1, clock.getAsLong() - start);
  }
}
