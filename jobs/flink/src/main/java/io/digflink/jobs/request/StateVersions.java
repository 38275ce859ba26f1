package io.digflink.jobs.request;

import java.io.IOException;

/** What every stage says of state in a version that it does not know. */
public final class StateVersions {
  private StateVersions() {}

  /**
   * The failure of a restore.
   *
   * @param stage the stage, as the dashboard names it
   * @param newest version that it writes; it reads all from 1
   * @param found version of the state
   */
  public static IOException unknown(String stage, int newest, int found) {
    return new IOException(
        "Expected state of "
            + stage
            + " in version 1"
            + (newest == 1 ? "" : " to " + newest)
            + ", found version "
            + found
            + ": restore with the release that wrote it, or start without state");
  }
}
