package io.digflink.lab.faults;

import io.digflink.schemas.RequestProgress;
import io.digflink.schemas.RequestState;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/** How requests ended, and what came afterwards of those that ended CANCELLED. */
final class Endings {
  private final Map<String, RequestProgress> ends = new HashMap<>();
  private final Set<String> complete = new HashSet<>();
  private final Set<String> cancelled = new HashSet<>();
  private final Set<String> closed = new HashSet<>();
  private int twice;
  private int afterCancelled;

  /** Takes progress. */
  void progress(RequestProgress progress) {
    String id = progress.getRequestId();
    RequestState state = progress.getState();
    if (state == RequestState.ADMITTED || state == RequestState.RUNNING) {
      twice += ends.containsKey(id) ? 1 : 0; // its end was not the end
    } else {
      twice += ends.put(id, progress) == null ? 0 : 1;
      if (state == RequestState.CANCELLED) {
        cancelled.add(id);
      }
    }
  }

  /** Takes an image. */
  void image(String id) {
    afterCancelled += closed.contains(id) ? 1 : 0;
  }

  /** Notes that everything has been read that was visible with the ends read so far. */
  void close() {
    closed.addAll(cancelled);
  }

  /** The end of a request, or null. */
  RequestProgress of(String id) {
    return ends.get(id);
  }

  /**
   * Whether a request has ended and all images are there that it made; true only once.
   *
   * @param images found of it
   */
  boolean isComplete(String id, int images) {
    RequestProgress end = ends.get(id);
    return end != null && images >= end.getImagesDone() && complete.add(id);
  }

  /** Ends and news after the first end of a request. */
  int twice() {
    return twice;
  }

  /** Images that came after their request's CANCELLED was visible. */
  int afterCancelled() {
    return afterCancelled;
  }
}
