package io.digflink.jobs.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.digflink.jobs.device.FailedRunPolicy.Verdict;
import io.digflink.runtime.sampling.LatentShape;
import io.digflink.runtime.session.OutOfDeviceMemoryException;
import io.digflink.runtime.session.SessionException;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class FailedRunPolicyTest {
  private static final SessionException BROKEN = new SessionException("the device is gone");
  private static final SessionException NO_MEMORY =
      new OutOfDeviceMemoryException("no memory", null);
  private static final BatchKey LARGE = new BatchKey("m", "1", new LatentShape(4, 64, 64));
  private static final BatchKey SMALL = new BatchKey("m", "1", new LatentShape(4, 8, 8));
  private static final BatchKey OTHER_MODEL = new BatchKey("n", "2", new LatentShape(4, 64, 64));
  private static final long PERIOD = FailedRunPolicy.GROW_AFTER.toMillis();

  private final FailedRunPolicy<String> policy = new FailedRunPolicy<>(key -> 32, 10);

  private Verdict succeed(BatchKey key, long now, String... images) throws SessionException {
    return policy.judge(new EndedRun<>(key, List.of(images), null), now);
  }

  private Verdict fail(String... images) throws SessionException {
    return policy.judge(new EndedRun<>(LARGE, List.of(images), BROKEN), 0);
  }

  private Verdict runOutOfMemory(BatchKey key, long now, int rows) throws SessionException {
    String[] images = new String[rows];
    Arrays.setAll(images, i -> "image " + i);
    return policy.judge(new EndedRun<>(key, List.of(images), NO_MEMORY), now);
  }

  @Test
  void aRunWithoutMemoryHalvesTheRowsOfItsModelAndSizeOnly() throws SessionException {
    assertThat(runOutOfMemory(LARGE, 0, 32)).isEqualTo(Verdict.RETRY);
    assertThat(policy.limit(LARGE)).isEqualTo(16);
    assertThat(runOutOfMemory(LARGE, 0, 3)).isEqualTo(Verdict.RETRY);

    assertThat(policy.limit(LARGE)).isEqualTo(1);
    assertThat(policy.limit(SMALL)).isEqualTo(32);
    assertThat(policy.limit(OTHER_MODEL)).isEqualTo(32);
  }

  @Test
  void anImageThatDoesNotFitAloneIsRejected() throws SessionException {
    assertThat(runOutOfMemory(LARGE, 0, 1)).isEqualTo(Verdict.REJECT);
    assertThat(policy.limit(LARGE)).isEqualTo(32);
  }

  @Test
  void theLimitDoublesAfterEachPeriodUntilItIsBackAtTheMaximum() throws SessionException {
    runOutOfMemory(LARGE, 1_000, 20);

    succeed(LARGE, 1_000 + PERIOD - 1, "a");
    assertThat(policy.limit(LARGE)).isEqualTo(10);
    succeed(SMALL, 1_000 + PERIOD, "a");
    assertThat(policy.limit(LARGE)).isEqualTo(10);
    succeed(LARGE, 1_000 + PERIOD, "a");
    assertThat(policy.limit(LARGE)).isEqualTo(20);
    succeed(LARGE, 1_000 + 2 * PERIOD - 1, "a");
    assertThat(policy.limit(LARGE)).isEqualTo(20);
    succeed(LARGE, 1_000 + 2 * PERIOD, "a");
    assertThat(policy.limit(LARGE)).isEqualTo(32);
  }

  @Test
  void aLimitThatGrewTooFarIsHalvedAgainForAWholePeriod() throws SessionException {
    runOutOfMemory(LARGE, 0, 32);
    succeed(LARGE, PERIOD, "a");
    assertThat(policy.limit(LARGE)).isEqualTo(32);

    runOutOfMemory(LARGE, PERIOD + 1, 32);
    succeed(LARGE, 2 * PERIOD, "a");

    assertThat(policy.limit(LARGE)).isEqualTo(16);
  }

  @Test
  void eachImageOfAFailedRunGoesAloneUntilItSucceeds() throws SessionException {
    assertThat(fail("a", "b")).isEqualTo(Verdict.RETRY);
    assertThat(policy.isSuspect("a")).isTrue();
    assertThat(policy.isSuspect("b")).isTrue();
    assertThat(policy.isSuspect("c")).isFalse();

    assertThat(succeed(LARGE, 0, "a")).isEqualTo(Verdict.TAKE);

    assertThat(policy.isSuspect("a")).isFalse();
    assertThat(policy.isSuspect("b")).isTrue();
  }

  @Test
  void anImageThatFailsAloneThreeTimesIsRejectedAndForgotten() throws SessionException {
    fail("a", "b");

    assertThat(fail("a")).isEqualTo(Verdict.RETRY);
    assertThat(fail("a")).isEqualTo(Verdict.RETRY);
    assertThat(fail("a")).isEqualTo(Verdict.REJECT);

    assertThat(policy.isSuspect("a")).isFalse();
    assertThat(policy.isSuspect("b")).isTrue();
  }

  @Test
  void imagesThatAreGoneAreForgotten() throws SessionException {
    fail("a", "b");
    policy.forget(List.of("b"));

    assertThat(policy.isSuspect("b")).isFalse();
  }

  @Test
  void moreFailuresInARowThanImagesExplainAreThrown() throws SessionException {
    for (int i = 0; i < 10; i++) {
      fail("image " + i);
    }

    assertThatThrownBy(() -> fail("one more")).isSameAs(BROKEN);
  }

  @Test
  void aRunThatSucceedsEndsTheStreakAndOneWithoutMemoryDoesNotCount() throws SessionException {
    for (int i = 0; i < 30; i++) {
      for (int j = 0; j < 10; j++) {
        fail("image " + j);
        runOutOfMemory(LARGE, 0, 2);
      }
      succeed(SMALL, 0, "good");
    }
  }
}
