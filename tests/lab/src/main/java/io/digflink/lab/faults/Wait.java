package io.digflink.lab.faults;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** Waits until something is so. */
public final class Wait {
  private static final long POLL_MILLIS = 100;

  private Wait() {}

  /** Waits for what can be said beforehand. */
  public static void until(String what, Duration longest, Callable<Boolean> condition)
      throws InterruptedException {
    until(() -> what, longest, condition);
  }

  /**
   * Waits.
   *
   * @param what is waited for, in words; asked again when it did not come
   * @param condition asked again and again; what it throws is as good as false
   * @throws IllegalStateException if it takes too long
   */
  public static void until(Supplier<String> what, Duration longest, Callable<Boolean> condition)
      throws InterruptedException {
    long deadline = System.nanoTime() + longest.toNanos();
    Exception last = null;
    while (true) {
      try {
        if (condition.call()) {
          return;
        }
        last = null;
      } catch (InterruptedException e) {
        throw e;
      } catch (Exception e) {
        // A process may be down meanwhile.
        last = e;
      }
      if (System.nanoTime() > deadline) {
        throw new IllegalStateException(
            "Expected " + what.get() + " within " + longest.toSeconds() + " s, it did not come",
            last);
      }
      TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
    }
  }
}
