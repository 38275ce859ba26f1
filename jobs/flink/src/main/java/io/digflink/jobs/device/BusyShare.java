package io.digflink.jobs.device;

import java.util.function.LongSupplier;

/** How much of the last seconds a device was in runs; more than 1 where runs overlap. */
final class BusyShare {
  private static final long WINDOW_NANOS = 5_000_000_000L;

  private final LongSupplier busyNanos;
  private long since = System.nanoTime();
  private long busyThen;
  private double last;

  /**
   * @param busyNanos time in runs so far
   */
  BusyShare(LongSupplier busyNanos) {
    this.busyNanos = busyNanos;
    this.busyThen = busyNanos.getAsLong();
  }

  /** Share of the last whole window; several reporters may ask. */
  synchronized double value() {
    long now = System.nanoTime();
    if (now - since >= WINDOW_NANOS) {
      long busy = busyNanos.getAsLong();
      last = (busy - busyThen) / (double) (now - since);
      busyThen = busy;
      since = now;
    }
    return last;
  }
}
