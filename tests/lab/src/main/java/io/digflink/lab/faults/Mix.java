package io.digflink.lab.faults;

/**
 * What the judge found of the requests that only a mixed workload has.
 *
 * @param large requests of many portions that must be served
 * @param repeats records that were sent once more
 * @param conflicts rejects of an id with other content
 * @param cancelled requests that ended CANCELLED
 * @param tooLate requests whose cancellation came when they were complete
 * @param madeOfCancelled images of those that ended CANCELLED
 * @param wrongEnds requests that ended twice, or CANCELLED with another number of images than there
 *     are
 * @param afterCancelled images that became visible after their request's CANCELLED
 */
public record Mix(
    int large,
    int repeats,
    int conflicts,
    int cancelled,
    int tooLate,
    int madeOfCancelled,
    int wrongEnds,
    int afterCancelled) {

  /** Of a plain workload. */
  public static final Mix NONE = new Mix(0, 0, 0, 0, 0, 0, 0, 0);

  /** The sums of this one and another. */
  public Mix plus(Mix other) {
    return new Mix(
        large + other.large,
        repeats + other.repeats,
        conflicts + other.conflicts,
        cancelled + other.cancelled,
        tooLate + other.tooLate,
        madeOfCancelled + other.madeOfCancelled,
        wrongEnds + other.wrongEnds,
        afterCancelled + other.afterCancelled);
  }

  /** Whether cancelled requests ended as they must. */
  public boolean isGood() {
    return wrongEnds == 0 && afterCancelled == 0;
  }
}
