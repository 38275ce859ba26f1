package io.digflink.jobs.denoise;

import java.time.Duration;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Ids of requests that were cancelled lately: what comes of them later is dropped. Every subtask
 * has them all.
 */
final class Cancellations {
  /** Ids are at most 256 bytes: 50 MB. */
  static final int MOST = 200_000;

  private final long rememberMillis;
  private final Map<String, Long> at = new LinkedHashMap<>();

  Cancellations(Duration remember) {
    this.rememberMillis = remember.toMillis();
  }

  /**
   * Remembers an id.
   *
   * @param when it was cancelled, in milliseconds since the epoch
   */
  void add(String requestId, long when, long now) {
    at.remove(requestId);
    at.put(requestId, when);
    Iterator<Long> oldest = at.values().iterator();
    while (oldest.hasNext() && (oldest.next() + rememberMillis < now || at.size() > MOST)) {
      oldest.remove();
    }
  }

  /** Whether a request is cancelled. */
  boolean contains(String requestId, long now) {
    Long when = at.get(requestId);
    return when != null && when + rememberMillis >= now;
  }

  /** When each id was cancelled, for the state. */
  Map<String, Long> all() {
    return at;
  }
}
