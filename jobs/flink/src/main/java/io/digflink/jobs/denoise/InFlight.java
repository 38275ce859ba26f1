package io.digflink.jobs.denoise;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Everything that a subtask of Denoise holds: requests in the order they came, and the places in
 * flight that their images have.
 *
 * <p>Places go to the request that came first, but while others wait none takes more than half of
 * them: a small request passes a huge one.
 */
final class InFlight {
  private final int maxInFlight;
  private final List<RequestInFlight> requests = new ArrayList<>();

  // The image that has gone without a step for longest comes first.
  private final Set<ImageInFlight> stepping = new LinkedHashSet<>();
  private int places;

  InFlight(int maxInFlight) {
    this.maxInFlight = maxInFlight;
  }

  /** Requests in the order they came. */
  List<RequestInFlight> requests() {
    return Collections.unmodifiableList(requests);
  }

  /** Images with steps to take, the one that has gone without for longest first. */
  Collection<ImageInFlight> stepping() {
    return Collections.unmodifiableCollection(stepping);
  }

  /** Images that have a place. */
  int images() {
    return places;
  }

  /** Requests of which images have no place yet. */
  int waiting() {
    int waiting = 0;
    for (RequestInFlight request : requests) {
      waiting += request.isWaiting() ? 1 : 0;
    }
    return waiting;
  }

  /**
   * When the oldest request was asked for, in milliseconds since the epoch; {@link Long#MAX_VALUE}
   * if there is none.
   */
  long oldestAskedAt() {
    return requests.stream()
        .mapToLong(request -> request.admitted().askedAt())
        .min()
        .orElse(Long.MAX_VALUE);
  }

  /** Takes a request and the images of it that are in flight already. */
  void add(RequestInFlight request) {
    requests.add(request);
    places += request.images().size();
    for (ImageInFlight image : request.images()) {
      if (!image.hasEnded()) {
        stepping.add(image);
      }
    }
  }

  /**
   * The request whose next image gets the next place, or null if there is no place or none waits.
   */
  RequestInFlight nextToBegin() {
    if (places >= maxInFlight) {
      return null;
    }
    RequestInFlight first = null;
    for (RequestInFlight request : requests) {
      if (!request.isWaiting()) {
        continue;
      }
      if (request.images().size() < Math.max(1, maxInFlight / 2)) {
        return request;
      }
      first = first == null ? request : first;
    }
    return first;
  }

  /** Gives a place to an image. */
  void begin(ImageInFlight image) {
    image.request().images().add(image);
    stepping.add(image);
    places++;
  }

  /** Notes that images have taken a step: those with more to take go to the end of the line. */
  void stepped(Collection<ImageInFlight> images) {
    for (ImageInFlight image : images) {
      if (stepping.remove(image) && !image.hasEnded()) {
        stepping.add(image);
      }
    }
  }

  /**
   * Takes out the images that have ended and whose predecessors in their request have left, in the
   * order in which they leave.
   */
  List<ImageInFlight> takeEnded() {
    List<ImageInFlight> ended = new ArrayList<>();
    for (Iterator<RequestInFlight> all = requests.iterator(); all.hasNext(); ) {
      RequestInFlight request = all.next();
      while (!request.images().isEmpty() && request.images().peek().hasEnded()) {
        ended.add(request.images().remove());
        places--;
      }
      if (request.isServed()) {
        all.remove();
      }
    }
    return ended;
  }

  /** Drops a request with all its images. */
  void drop(RequestInFlight request) {
    requests.remove(request);
    places -= request.images().size();
    request.images().forEach(stepping::remove);
    request.images().clear();
  }
}
