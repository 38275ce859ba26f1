package io.digflink.lab.bench;

import java.util.ArrayList;
import java.util.List;

/** Who of those who wait is served next, and for how long. */
enum BatchingPolicy {
  /** Whoever is there takes the next step together; all join and leave at any step. */
  STEP_BY_STEP("step by step"),
  /** Equal requests that wait are served together, from their first step to their last. */
  EQUAL_REQUESTS("equal requests"),
  /** Each is served alone, from its first step to its last. */
  ONE_BY_ONE("one by one");

  private final String title;

  BatchingPolicy(String title) {
    this.title = title;
  }

  String title() {
    return title;
  }

  /** Whether a batch stays together until it is done. */
  boolean isWholeRequest() {
    return this != STEP_BY_STEP;
  }

  /**
   * Chooses who is served next.
   *
   * @param waiting those with steps to take, the first to be served first
   */
  List<InService> choose(List<InService> waiting, int maxRows) {
    List<InService> chosen = new ArrayList<>();
    int rows = 0;
    for (InService next : waiting) {
      boolean joins =
          switch (this) {
            case STEP_BY_STEP -> true;
            case EQUAL_REQUESTS -> chosen.isEmpty() || next.isLike(chosen.get(0));
            case ONE_BY_ONE -> chosen.isEmpty();
          };
      if (joins && rows + next.rows() <= maxRows) {
        chosen.add(next);
        rows += next.rows();
      }
    }
    return chosen;
  }
}
