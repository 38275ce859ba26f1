package io.digflink.jobs.device;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.digflink.runtime.session.SessionException;
import org.junit.jupiter.api.Test;

class FailureStreakTest {
  private static final SessionException FAILURE = new SessionException("the device is gone", null);

  @Test
  void moreFailuresInARowThanImagesExplainAreThrown() throws SessionException {
    FailureStreak streak = new FailureStreak(2);
    streak.failed(FAILURE);
    streak.failed(FAILURE);

    assertThatThrownBy(() -> streak.failed(FAILURE)).isSameAs(FAILURE);
  }

  @Test
  void aRunThatSucceedsBeginsANewRow() throws SessionException {
    FailureStreak streak = new FailureStreak(2);
    for (int i = 0; i < 10; i++) {
      streak.failed(FAILURE);
      streak.failed(FAILURE);
      streak.succeeded();
    }
  }
}
