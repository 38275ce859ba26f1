package io.digflink.jobs.device;

import io.digflink.runtime.session.SessionException;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToIntFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Decides what becomes of the images of a run.
 *
 * <ul>
 *   <li>If the device has too little memory, runs of this model and size are limited to half the
 *       rows. The limit doubles again after each {@link #GROW_AFTER} without such a failure, until
 *       it is back at the maximum. An image that does not fit alone is rejected.
 *   <li>If a run fails otherwise, each of its images is tried again alone. An image that fails
 *       {@value #TRIES_ALONE} times alone is rejected.
 *   <li>If more runs fail in a row than images explain, the device is broken and the failure is
 *       thrown.
 * </ul>
 *
 * Not thread-safe.
 *
 * @param <T> an image as the operator holds it; told apart by identity
 */
public final class FailedRunPolicy<T> {
  /** How often an image must fail alone, one run after the other, to be at fault itself. */
  public static final int TRIES_ALONE = 3;

  /** How long a limit lasts before larger runs are tried. */
  public static final Duration GROW_AFTER = Duration.ofMinutes(10);

  private static final Logger LOG = LoggerFactory.getLogger(FailedRunPolicy.class);

  private final ToIntFunction<BatchKey> maxRows;
  private final int longestStreak;
  private final Map<BatchKey, Limit> limits = new HashMap<>();

  // Failed runs of images that have not succeeded since.
  private final Map<T, Integer> suspects = new IdentityHashMap<>();
  private int streak;

  /** What to do with the images of a run. */
  public enum Verdict {
    /** The results are good. */
    TAKE,
    /** Nothing has changed: choose the images again. */
    RETRY,
    /** The run had one image, which cannot be made. */
    REJECT
  }

  private record Limit(int rows, long since) {}

  /**
   * @param maxRows most rows of a run of a key
   * @param longestStreak failed runs in a row that may still be due to the images
   */
  public FailedRunPolicy(ToIntFunction<BatchKey> maxRows, int longestStreak) {
    this.maxRows = maxRows;
    this.longestStreak = longestStreak;
  }

  /** Most rows of a run of this key. */
  public int limit(BatchKey key) {
    Limit limit = limits.get(key);
    return limit == null ? maxRows.applyAsInt(key) : limit.rows();
  }

  /** Whether the image must go alone, because a run with it has failed. */
  public boolean isSuspect(T image) {
    return suspects.containsKey(image);
  }

  /**
   * Judges a run that has ended.
   *
   * @param now processing time in milliseconds
   * @throws SessionException the run's failure, if too many runs in a row have failed
   */
  public Verdict judge(DeviceRun<T> run, long now) throws SessionException {
    if (run.isOutOfMemory()) {
      return halve(run, now);
    }
    if (run.failure() != null) {
      return isolate(run);
    }
    streak = 0;
    forget(run.images());
    grow(run.key(), now);
    return Verdict.TAKE;
  }

  /** These images are gone. */
  public void forget(Collection<T> images) {
    images.forEach(suspects::remove);
  }

  private Verdict halve(DeviceRun<T> run, long now) {
    if (!run.canShrink()) {
      forget(run.images());
      return Verdict.REJECT;
    }
    int rows = Math.max(1, run.rows() / 2);
    limits.put(run.key(), new Limit(rows, now));
    LOG.warn(
        "The device has too little memory for {} rows of the {} for {}: at most {} for the next {}"
            + " minutes",
        run.rows(),
        run.graph(),
        run.key(),
        rows,
        GROW_AFTER.toMinutes());
    return Verdict.RETRY;
  }

  private void grow(BatchKey key, long now) {
    Limit limit = limits.get(key);
    if (limit == null || now - limit.since() < GROW_AFTER.toMillis()) {
      return;
    }
    int rows = 2 * limit.rows();
    int most = maxRows.applyAsInt(key);
    if (rows < most) {
      limits.put(key, new Limit(rows, now));
    } else {
      limits.remove(key);
    }
    LOG.info("Trying {} rows of {} again", Math.min(rows, most), key);
  }

  private Verdict isolate(DeviceRun<T> run) throws SessionException {
    streak++;
    if (streak > longestStreak) {
      throw run.failure();
    }
    List<T> images = run.images();
    boolean first = !isSuspect(images.get(0));
    images.forEach(image -> suspects.merge(image, 1, Integer::sum));
    if (first) {
      LOG.warn(
          "A run of the {} failed; trying each of its {} images alone",
          run.graph(),
          images.size(),
          run.failure());
      return Verdict.RETRY;
    }
    if (suspects.get(images.get(0)) <= TRIES_ALONE) {
      return Verdict.RETRY;
    }
    forget(images);
    return Verdict.REJECT;
  }
}
