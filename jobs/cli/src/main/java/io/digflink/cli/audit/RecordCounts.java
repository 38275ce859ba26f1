package io.digflink.cli.audit;

/** Counts records as they are read. */
final class RecordCounts {
  private long images;
  private long elsewhere;
  private long copies;

  void image(boolean isElsewhere) {
    images++;
    elsewhere += isElsewhere ? 1 : 0;
  }

  void copy() {
    copies++;
  }

  /** Images, wherever their files are. */
  long images() {
    return images;
  }

  /** Images whose files are not in their records. */
  long elsewhere() {
    return elsewhere;
  }

  /** Results that were written again, since brokers had aborted their transaction. */
  long copies() {
    return copies;
  }
}
