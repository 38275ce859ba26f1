package io.digflink.jobs.device;

import io.digflink.runtime.session.SessionException;

/**
 * Tells a device that is broken from images that a model fails on: such images are few, and runs of
 * others succeed between theirs.
 */
public final class FailureStreak {
  /** How often an image must fail alone, one run after the other, to be at fault itself. */
  public static final int TRIES_ALONE = 3;

  private final int longest;
  private int failed;

  /**
   * @param longest failed runs in a row that are still put down to the images
   */
  public FailureStreak(int longest) {
    this.longest = longest;
  }

  /** A run has succeeded. */
  public void succeeded() {
    failed = 0;
  }

  /**
   * A run has failed.
   *
   * @throws SessionException the failure itself, if so many in a row are the device's
   */
  public void failed(SessionException failure) throws SessionException {
    failed++;
    if (failed > longest) {
      throw failure;
    }
  }
}
