package io.digflink.runtime.session;

import java.util.concurrent.atomic.AtomicLong;

/** What the sessions of a device have done, and what they hold, for metrics. */
public final class PoolFigures {
  private final AtomicLong opened = new AtomicLong();
  private final AtomicLong closed = new AtomicLong();
  private final AtomicLong reservedBytes = new AtomicLong();
  private final AtomicLong mostReservedBytes = new AtomicLong();
  private final AtomicLong runNanos = new AtomicLong();

  PoolFigures() {}

  void opened(long bytes) {
    opened.incrementAndGet();
    mostReservedBytes.accumulateAndGet(reservedBytes.addAndGet(bytes), Math::max);
  }

  void closed(long bytes) {
    closed.incrementAndGet();
    reservedBytes.addAndGet(-bytes);
  }

  void ran(long nanos) {
    runNanos.addAndGet(nanos);
  }

  /** Sessions opened so far. */
  public long sessionsOpened() {
    return opened.get();
  }

  /** Sessions closed so far. */
  public long sessionsClosed() {
    return closed.get();
  }

  /** What the open sessions reserve, see {@link SessionMemory}. */
  public long reservedBytes() {
    return reservedBytes.get();
  }

  /** The most that they ever reserved at a time. */
  public long mostReservedBytes() {
    return mostReservedBytes.get();
  }

  /** Time in runs, in nanoseconds; runs at the same time count each. */
  public long runNanos() {
    return runNanos.get();
  }
}
