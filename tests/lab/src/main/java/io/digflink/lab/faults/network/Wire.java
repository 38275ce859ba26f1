package io.digflink.lab.faults.network;

/**
 * How a host's frames fare on their way to another host.
 *
 * @param delayMillis how long each is on its way
 * @param lossPercent how many never come, by chance
 */
record Wire(int delayMillis, int lossPercent) {
  /** Everything comes at once. */
  static final Wire WHOLE = new Wire(0, 0);

  /** Nothing comes, and nobody is told. */
  static final Wire CUT = new Wire(0, 100);
}
