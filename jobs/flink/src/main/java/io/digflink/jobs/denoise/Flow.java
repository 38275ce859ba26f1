package io.digflink.jobs.denoise;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.function.ToLongFunction;

/**
 * A request as a subtask sees it: its portions here, its images that have a place, those that had
 * to give theirs up, and the service that it has had.
 */
final class Flow {
  private static final int USUAL_PRIORITY = 5;

  private final Tenant tenant;
  private final String source;
  private final int priority;
  private final long deadline;
  private final long sequence;
  private final Deque<PortionInFlight> portions = new ArrayDeque<>();
  private final Deque<ImageInFlight> placed = new ArrayDeque<>();
  private final Deque<ImageInFlight> parked = new ArrayDeque<>();
  private double service;
  private boolean hasBegun;

  Flow(Tenant tenant, PortionInFlight first) {
    this.tenant = tenant;
    this.source = first.portion().source();
    this.priority = first.portion().request().getPriority();
    this.deadline =
        first.portion().request().getDeadline() == null
            ? Long.MAX_VALUE
            : first.portion().request().getDeadline().toEpochMilli();
    this.sequence = first.sequence();
  }

  Tenant tenant() {
    return tenant;
  }

  String source() {
    return source;
  }

  /** Milliseconds since the epoch; {@link Long#MAX_VALUE} for none. */
  long deadline() {
    return deadline;
  }

  boolean hasDeadline() {
    return deadline != Long.MAX_VALUE;
  }

  long sequence() {
    return sequence;
  }

  /** Work done for it, over its weight. */
  double service() {
    return service;
  }

  /** Puts it on a level with others when it joins them. */
  void joinAt(double level) {
    service = Math.max(service, level);
  }

  /** Work is done for it; each step of priority doubles its weight. */
  void charge(long work) {
    hasBegun = true;
    service += Math.scalb((double) work, USUAL_PRIORITY - priority);
  }

  /** Takes the turn of a request of the same priority, which gets its own turn for it. */
  void takeTurnOf(Flow other) {
    double own = service;
    service = other.service;
    other.service = own;
  }

  /** Portions with images that have not begun. */
  Deque<PortionInFlight> portions() {
    return portions;
  }

  /** Images that have a place, the last to begin last. */
  Deque<ImageInFlight> placed() {
    return placed;
  }

  /** Images that had to give up their place between two steps. */
  Deque<ImageInFlight> parked() {
    return parked;
  }

  /** Whether it wants a place. */
  boolean isWaiting() {
    return !portions.isEmpty() || !parked.isEmpty();
  }

  /** Whether nothing of it is here any more. */
  boolean isGone() {
    return !isWaiting() && placed.isEmpty();
  }

  /** Work that is left for images without a place. */
  long workWaiting() {
    long work = 0;
    for (PortionInFlight portion : portions) {
      work += portion.portion().cost() * portion.waiting();
    }
    return work;
  }

  /** Whether their deadlines decide which of the two goes first. */
  boolean sharesTurnsWith(Flow other) {
    return hasDeadline()
        && other.hasDeadline()
        && tenant == other.tenant
        && priority == other.priority;
  }

  /** Whether one more image is all that it wants. */
  boolean wantsOnePlace() {
    return parked.isEmpty() && portions.size() == 1 && portions.peek().waiting() == 1;
  }

  /**
   * Whether it has had no less than a request without a place, of the same tenant, and can spare
   * one. It keeps one, but for a request of which nothing has begun; and even then, if it has
   * nothing else to do.
   *
   * @param slack slack of a request with a deadline, in milliseconds
   */
  boolean canGiveUpPlaceFor(Flow poor, ToLongFunction<Flow> slack) {
    if (tenant == poor.tenant && service < poor.service) {
      return false;
    }
    if (sharesTurnsWith(poor) && slack.applyAsLong(poor) >= slack.applyAsLong(this)) {
      return false;
    }
    int kept = !poor.hasBegun && isWaiting() ? 0 : 1;
    return placed.size() > kept && placed.stream().anyMatch(image -> !image.hasEnded());
  }

  /** Takes the place of the image that began last and can still move; null if there is none. */
  ImageInFlight giveUpPlace() {
    for (Iterator<ImageInFlight> last = placed.descendingIterator(); last.hasNext(); ) {
      ImageInFlight image = last.next();
      if (!image.hasEnded()) {
        last.remove();
        parked.addFirst(image);
        return image;
      }
    }
    return null;
  }
}
