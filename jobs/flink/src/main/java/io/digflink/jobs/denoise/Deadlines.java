package io.digflink.jobs.denoise;

import io.digflink.jobs.request.Portion;
import io.digflink.jobs.request.RejectException;
import io.digflink.jobs.request.RejectRecords;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * Reckons when images will be done. What can no longer be in time is given up as soon as that is
 * known, and not when it is late: the places go to what can.
 */
final class Deadlines {
  private final Pace pace;

  Deadlines(Pace pace) {
    this.pace = pace;
  }

  /** A portion that is too late, or will be. */
  record Late(PortionInFlight portion, RejectException why) {}

  /** Milliseconds that a request can still wait. */
  long slack(Flow flow, long now) {
    PortionInFlight next = flow.portions().peek();
    double steps = next == null ? 0 : millisForSteps(next);
    double needed = Math.max(steps, pace.millisForWork(flow.workWaiting()));
    return flow.deadline() - now - (long) needed;
  }

  /** What an image needs whose request has a deadline. */
  SharedTurns.Due due(ImageInFlight image, long now) {
    PortionInFlight portion = image.portion();
    long left = portion.portion().request().getDeadline().toEpochMilli() - now;
    long slack = left - (long) pace.millisForSteps(portion.key(), image.stepsLeft());
    return new SharedTurns.Due(image, left, pace.millisForWork(image.workLeft()), slack);
  }

  private double millisForSteps(PortionInFlight portion) {
    return pace.millisForSteps(portion.key(), portion.portion().request().getSteps());
  }

  /** The portions that are late, or that no order could get done in time. */
  List<Late> late(InFlight inFlight, long now) {
    List<Late> late = new ArrayList<>();
    for (PortionInFlight portion : inFlight.byDeadline()) {
      Instant deadline = portion.portion().request().getDeadline();
      if (portion.portion().isExpired(now)) {
        late.add(new Late(portion, RejectRecords.expired(deadline, now)));
        continue;
      }
      long atBest = now + (long) millisAtBest(portion);
      if (atBest > deadline.toEpochMilli()) {
        late.add(new Late(portion, RejectRecords.unattainable(deadline, atBest)));
      }
    }
    return late;
  }

  private double millisAtBest(PortionInFlight held) {
    Portion portion = held.portion();
    int longest = held.isWaiting() ? portion.request().getSteps() : 0;
    long work = held.waiting() * portion.cost();
    for (ImageInFlight image : held.images()) {
      longest = Math.max(longest, image.stepsLeft());
      work += image.workLeft();
    }
    return Math.max(pace.millisForStepsAtBest(held.key(), longest), pace.millisForWorkAtBest(work));
  }

  /**
   * When a portion that has just come will be done, in milliseconds since the epoch; 0 as long as
   * that is not known.
   */
  long expectedAt(InFlight inFlight, PortionInFlight portion, long now) {
    double millis =
        Math.max(millisForSteps(portion), pace.millisForWork(inFlight.workUntilDone(portion)));
    return millis == 0 ? 0 : now + (long) millis;
  }
}
