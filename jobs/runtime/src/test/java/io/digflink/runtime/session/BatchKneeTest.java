package io.digflink.runtime.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntToLongFunction;
import org.junit.jupiter.api.Test;

/** On devices that compute nothing and only move the clock. */
class BatchKneeTest {
  private static final Duration MILLISECOND = Duration.ofMillis(1);
  private static final Duration SECOND = Duration.ofSeconds(1);

  private final List<Integer> tried = new ArrayList<>();
  private long nanos;

  private BatchKnee knee(int most, Duration longestRun, Duration longestSearch) {
    return new BatchKnee(2, most, longestRun, longestSearch, () -> nanos);
  }

  private BatchKnee.Run device(IntToLongFunction micros) {
    return rows -> {
      tried.add(rows);
      nanos += 1_000 * micros.applyAsLong(rows);
    };
  }

  @Test
  void takesTheRowsBeyondWhichRowsCostAsMuchAsBefore() throws Exception {
    BatchKnee.Run full = device(rows -> Math.max(4_000, 250L * rows));

    int rows = knee(128, Duration.ofMillis(100), SECOND).find(full).rows();

    assertThat(rows).isEqualTo(16);
    assertThat(tried).contains(64).doesNotContain(128);
  }

  @Test
  void aDeviceThatIsNeverBusyGetsTheMost() throws Exception {
    assertThat(knee(128, SECOND, SECOND).find(device(rows -> 500)).rows()).isEqualTo(128);
  }

  @Test
  void noRunIsLongerThanAllowed() throws Exception {
    BatchKnee.Run run = device(rows -> 3_000 + 100L * rows);

    BatchKnee.Found found = knee(128, Duration.ofMillis(7), SECOND).find(run);

    assertThat(found.rows()).isEqualTo(32);
    assertThat(found.runNanos()).isLessThan(7_000_000);
  }

  @Test
  void aSlowModelIsRunOnceWithTheLeast() throws Exception {
    assertThat(knee(128, MILLISECOND, SECOND).find(device(rows -> 5_000)).rows()).isEqualTo(2);
    assertThat(tried).containsExactly(2);
  }

  @Test
  void theSearchEndsInTime() throws Exception {
    BatchKnee.Run run = device(rows -> 20_000);

    knee(1 << 20, SECOND, Duration.ofMillis(100)).find(run);

    assertThat(tried).hasSizeLessThanOrEqualTo(5);
  }

  @Test
  void whatDoesNotFitIsNotChosen() throws Exception {
    BatchKnee.Run small = device(rows -> 500);

    int rows =
        knee(128, SECOND, SECOND)
            .find(
                count -> {
                  if (count > 32) {
                    throw new OutOfDeviceMemoryException("no memory", null);
                  }
                  small.on(count);
                })
            .rows();

    assertThat(rows).isEqualTo(32);
  }

  @Test
  void aModelWhoseLeastRunFailsIsReported() {
    assertThatThrownBy(
            () ->
                knee(128, SECOND, SECOND)
                    .find(
                        rows -> {
                          throw new SessionException("The run failed: no kernel");
                        }))
        .hasMessage("The run failed: no kernel");
  }
}
