package io.digflink.jobs.denoise;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class CancellationsTest {
  private static final long MINUTE = Duration.ofMinutes(1).toMillis();

  private final Cancellations cancellations = new Cancellations(Duration.ofMinutes(1));

  @Test
  void anIdIsCancelledFromThenOnAndNoOther() {
    assertThat(cancellations.contains("a", 0)).isFalse();
    cancellations.add("a", 1_000, 1_001);

    assertThat(cancellations.contains("a", 1_001)).isTrue();
    assertThat(cancellations.contains("unknown", 1_001)).isFalse();
  }

  @Test
  void anIdIsForgottenAfterTheTime() {
    cancellations.add("a", 1_000, 1_001);

    assertThat(cancellations.contains("a", 1_000 + MINUTE)).isTrue();
    assertThat(cancellations.contains("a", 1_000 + MINUTE + 1)).isFalse();
  }

  @Test
  void anIdThatIsCancelledTwiceIsRememberedFromTheSecondTime() {
    cancellations.add("a", 1_000, 1_000);
    cancellations.add("a", 31_000, 31_000);

    assertThat(cancellations.contains("a", 31_000 + MINUTE)).isTrue();
    assertThat(cancellations.all()).containsOnlyKeys("a").containsEntry("a", 31_000L);
  }

  /** As when the job was stopped for long, and reads what came meanwhile. */
  @Test
  void whatWasCancelledLongAgoIsNotRemembered() {
    cancellations.add("a", 1_000, 2_000 + MINUTE);

    assertThat(cancellations.contains("a", 2_000 + MINUTE)).isFalse();
    assertThat(cancellations.all()).isEmpty();
  }

  @Test
  void whatIsForgottenLeavesTheState() {
    cancellations.add("a", 1_000, 1_000);
    cancellations.add("b", 2_000, 2_000);
    cancellations.add("c", 1_500 + MINUTE, 1_500 + MINUTE);

    assertThat(cancellations.all()).containsOnlyKeys("b", "c");
  }

  @Test
  void noMoreThanTheMostAreRememberedThoseOfLateFirst() {
    for (int i = 0; i <= Cancellations.MOST; i++) {
      cancellations.add("id " + i, 1_000, 1_000);
    }

    assertThat(cancellations.all()).hasSize(Cancellations.MOST);
    assertThat(cancellations.contains("id 0", 1_000)).isFalse();
    assertThat(cancellations.contains("id 1", 1_000)).isTrue();
    assertThat(cancellations.contains("id " + Cancellations.MOST, 1_000)).isTrue();
  }
}
