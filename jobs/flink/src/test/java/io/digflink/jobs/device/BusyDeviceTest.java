package io.digflink.jobs.device;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.flink.runtime.metrics.TimerGauge;
import org.apache.flink.util.clock.ManualClock;
import org.junit.jupiter.api.Test;

class BusyDeviceTest {
  private final ManualClock clock = new ManualClock(1);
  private final TimerGauge idleTime = new TimerGauge(clock);
  private final AtomicBoolean isBusy = new AtomicBoolean();

  @Test
  void aTaskThatWaitsForItsDeviceIsNotIdle() {
    BusyDevice.watch(idleTime, isBusy::get);

    isBusy.set(true);
    idleFor(70);
    isBusy.set(false);
    idleFor(30);

    assertThat(idleTime.getAccumulatedCount()).isEqualTo(30);
  }

  private void idleFor(long millis) {
    idleTime.markStart();
    clock.advanceTime(Duration.ofMillis(millis));
    idleTime.markEnd();
  }
}
