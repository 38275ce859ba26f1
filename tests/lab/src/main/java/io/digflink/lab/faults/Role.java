package io.digflink.lab.faults;

/**
 * What a request of a mixed workload is for, by its number: of twenty, one is large, two are
 * cancelled of which one is large, up to three repeat a record and one brings an id with other
 * content; the others are as in a plain workload.
 */
enum Role {
  /** Asks for a few images. */
  PLAIN,

  /** Asks for so many images that they are cut into portions. */
  LARGE,

  /** Is cancelled before or after it is sent. */
  CANCELLED,

  /** A large one that is cancelled. */
  LARGE_CANCELLED,

  /** The record of an earlier request once more: nothing comes of it. */
  REPEAT,

  /** Other content under an earlier request's id: a reject. */
  CONFLICT,

  /** Cannot be served: a reject. */
  INVALID;

  private static final int CYCLE = 20;

  /** Stands for a cancellation as soon as an image of the request is visible. */
  static final int WHEN_AN_IMAGE_IS_OUT = Integer.MAX_VALUE;

  private static final int[] LARGE_CANCELLED_AFTER = {
    WHEN_AN_IMAGE_IS_OUT, WHEN_AN_IMAGE_IS_OUT, 0, 16
  };
  private static final int[] CANCELLED_AFTER = {-1, 0, WHEN_AN_IMAGE_IS_OUT, 16};

  /** The role of a number that can be served. */
  static Role of(int number) {
    return switch (number % CYCLE) {
      case 0 -> LARGE;
      case 1 -> LARGE_CANCELLED;
      case 4, 7, 14 -> REPEAT;
      case 9 -> CONFLICT;
      case 11 -> CANCELLED;
      default -> PLAIN;
    };
  }

  /** Number of the earlier request whose id a repeat or a conflict has. */
  static int earlier(int number) {
    return switch (number % CYCLE) {
      case 4 -> number - 4; // the large one
      case 7 -> number - 2;
      case 14 -> number - 13; // the large one that is cancelled
      default -> number - 1;
    };
  }

  /**
   * Requests that are sent after one that is cancelled and before its cancellation; negative: it is
   * cancelled before it is sent; or {@link #WHEN_AN_IMAGE_IS_OUT}.
   */
  static int cancelledAfter(int number) {
    int[] all = of(number) == LARGE_CANCELLED ? LARGE_CANCELLED_AFTER : CANCELLED_AFTER;
    return all[number / CYCLE % all.length];
  }

  /** Whether it is cancelled by a record without a value on the requests' topic. */
  static boolean isCancelledByTombstone(int number) {
    return number / CYCLE % 2 == 1;
  }

  boolean isCancelled() {
    return this == CANCELLED || this == LARGE_CANCELLED;
  }
}
