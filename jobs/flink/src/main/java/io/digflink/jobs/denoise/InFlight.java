package io.digflink.jobs.denoise;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.ToLongFunction;

/**
 * Everything that a subtask of Denoise holds: portions in the order they came, and the places in
 * flight that their images have. The {@link FairQueue} decides who gets a place. Where none is
 * free, a request without any takes one from a request that has more than its share: that image
 * keeps its latent and goes on when its turn comes again.
 */
final class InFlight {
  private final int maxInFlight;
  private final FairQueue queue;
  private final Set<PortionInFlight> portions = new LinkedHashSet<>();
  private final TreeSet<PortionInFlight> byDeadline =
      new TreeSet<>(
          Comparator.comparing((PortionInFlight p) -> p.portion().request().getDeadline())
              .thenComparingLong(PortionInFlight::sequence));
  private final TreeMap<Long, Integer> askedAt = new TreeMap<>();

  // Images that have just got a place step first; then the one that has gone without for longest.
  private final Set<ImageInFlight> fresh = new LinkedHashSet<>();
  private final Set<ImageInFlight> stepping = new LinkedHashSet<>();
  private final Set<ImageInFlight> ended = new LinkedHashSet<>();
  private int places;
  private int parked;
  private int waiting;
  private long imagesWaiting;

  /**
   * @param maxInFlight places
   * @param maxOfTenant places that the images of one tenant may have
   */
  InFlight(int maxInFlight, int maxOfTenant) {
    this.maxInFlight = maxInFlight;
    this.queue = new FairQueue(maxOfTenant);
  }

  /** Portions in the order they came. */
  Set<PortionInFlight> portions() {
    return Collections.unmodifiableSet(portions);
  }

  /** Images with steps to take, the most urgent first. */
  Collection<ImageInFlight> stepping() {
    if (fresh.isEmpty()) {
      return Collections.unmodifiableCollection(stepping);
    }
    List<ImageInFlight> all = new ArrayList<>(fresh);
    all.addAll(stepping);
    return all;
  }

  /**
   * Lets the more urgent images have the next steps, as {@link SharedTurns} says.
   *
   * @param due asked of images whose request has a deadline
   */
  void shareTurns(Function<ImageInFlight, SharedTurns.Due> due) {
    if (byDeadline.isEmpty()) {
      return;
    }
    int first = fresh.size();
    List<ImageInFlight> line = SharedTurns.order(stepping(), due);
    fresh.clear();
    fresh.addAll(line.subList(0, first));
    stepping.clear();
    stepping.addAll(line.subList(first, line.size()));
  }

  /** Images that have a place. */
  int images() {
    return places;
  }

  /** Images that had to give up their place. */
  int parked() {
    return parked;
  }

  /** Portions of which images have not begun. */
  int waiting() {
    return waiting;
  }

  /** Images that have not begun, or had to give up their place. */
  long imagesWaiting() {
    return imagesWaiting + parked;
  }

  /** Requests that have not begun; of one that has, the share of its images that has not. */
  double requestsWaiting() {
    return portions.stream().mapToDouble(PortionInFlight::requestsWaiting).sum();
  }

  /**
   * When the oldest request was asked for, in milliseconds since the epoch; {@link Long#MAX_VALUE}
   * if there is none.
   */
  long oldestAskedAt() {
    return askedAt.isEmpty() ? Long.MAX_VALUE : askedAt.firstKey();
  }

  /** Takes a portion and the images of it that are in flight already. */
  void add(PortionInFlight portion) {
    portions.add(portion);
    askedAt.merge(portion.portion().askedAt(), 1, Integer::sum);
    if (portion.portion().request().getDeadline() != null) {
      byDeadline.add(portion);
    }
    waiting += portion.isWaiting() ? 1 : 0;
    imagesWaiting += portion.waiting();
    Flow flow = queue.flowOf(portion);
    queue.change(
        flow,
        () -> {
          if (portion.isWaiting()) {
            flow.portions().add(portion);
          }
          portion.images().forEach(image -> place(flow, image));
        });
  }

  private void place(Flow flow, ImageInFlight image) {
    flow.placed().add(image);
    flow.tenant().countPlaces(1);
    places++;
    if (image.hasEnded()) {
      ended.add(image);
    } else {
      fresh.add(image);
    }
  }

  /**
   * The portion whose next image gets a place now, or null if there is no place or none waits.
   *
   * @param slack slack of a request with a deadline, in milliseconds
   */
  PortionInFlight nextToBegin(ToLongFunction<Flow> slack) {
    FairQueue.Turn turn;
    while ((turn = nextTurn(slack)) != null) {
      Flow flow = turn.flow();
      if (flow.parked().isEmpty()) {
        PortionInFlight next = flow.portions().peek();
        queue.charge(turn, next.portion().cost());
        return next;
      }
      queue.change(flow, () -> place(flow, flow.parked().remove()));
      parked--;
    }
    return null;
  }

  private FairQueue.Turn nextTurn(ToLongFunction<Flow> slack) {
    FairQueue.Turn turn = places < maxInFlight ? queue.next(slack) : null;
    if (turn != null || parked >= maxInFlight) {
      return turn;
    }
    FairQueue.Swap swap = queue.nextSwap(places >= maxInFlight, this::mayTakePlace, slack);
    if (swap == null) {
      return null;
    }
    park(swap.rich());
    return new FairQueue.Turn(swap.poor(), swap.poor());
  }

  /** Half of the images that may be parked are parked only for requests that are soon gone. */
  private boolean mayTakePlace(Flow poor) {
    return parked < maxInFlight / 2 || poor.wantsOnePlace();
  }

  private void park(Flow rich) {
    queue.change(
        rich,
        () -> {
          ImageInFlight image = rich.giveUpPlace();
          fresh.remove(image);
          stepping.remove(image);
          rich.tenant().countPlaces(-1);
          places--;
          parked++;
        });
  }

  /** Gives the place to the image that has begun. */
  void begin(ImageInFlight image) {
    PortionInFlight portion = image.portion();
    portion.images().add(image);
    imagesWaiting--;
    Flow flow = queue.flowOf(portion);
    queue.change(
        flow,
        () -> {
          if (!portion.isWaiting()) {
            flow.portions().remove(portion);
            waiting--;
          }
          place(flow, image);
        });
  }

  /** Notes that images have taken a step: those with more to take go to the end of the line. */
  void stepped(Collection<ImageInFlight> images) {
    for (ImageInFlight image : images) {
      if (!fresh.remove(image) && !stepping.remove(image)) {
        continue; // dropped
      }
      (image.hasEnded() ? ended : stepping).add(image);
    }
  }

  /** Takes out the images that have ended. */
  List<ImageInFlight> takeEnded() {
    List<ImageInFlight> leaving = List.copyOf(ended);
    ended.clear();
    for (ImageInFlight image : leaving) {
      PortionInFlight portion = image.portion();
      portion.images().remove(image);
      Flow flow = queue.flowOf(portion);
      queue.change(flow, () -> leave(flow, image));
      if (portion.isServed()) {
        forget(portion);
      }
    }
    return leaving;
  }

  private void leave(Flow flow, ImageInFlight image) {
    if (flow.placed().remove(image)) {
      flow.tenant().countPlaces(-1);
      places--;
    } else if (flow.parked().remove(image)) {
      parked--;
    }
  }

  private void forget(PortionInFlight portion) {
    portions.remove(portion);
    askedAt.computeIfPresent(portion.portion().askedAt(), (at, n) -> n == 1 ? null : n - 1);
    if (portion.portion().request().getDeadline() != null) {
      byDeadline.remove(portion);
    }
  }

  /** Drops a portion with all its images. */
  void drop(PortionInFlight portion) {
    imagesWaiting -= portion.waiting();
    Flow flow = queue.flowOf(portion);
    queue.change(
        flow,
        () -> {
          if (flow.portions().remove(portion)) {
            waiting--;
          }
          for (ImageInFlight image : portion.images()) {
            leave(flow, image);
            fresh.remove(image);
            stepping.remove(image);
            ended.remove(image);
          }
        });
    forget(portion);
  }

  /** Portions with a deadline, the earliest first. */
  Collection<PortionInFlight> byDeadline() {
    return Collections.unmodifiableCollection(byDeadline);
  }

  /** Work until a portion that has just come is done, if all get their share. */
  double workUntilDone(PortionInFlight portion) {
    return queue.workUntilDone(queue.flowOf(portion));
  }
}
