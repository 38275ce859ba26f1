package io.digflink.jobs.device;

import java.util.function.BooleanSupplier;
import org.apache.flink.runtime.metrics.TimerGauge;

/**
 * Counts a task as busy while its device works, though its thread then waits: Flink's busy time is
 * what is left of a second without idle and back-pressured time. So the dashboard shows which stage
 * is the slowest, and autoscalers reckon with the time that a stage really needs.
 */
final class BusyDevice implements TimerGauge.StartStopListener {
  private final TimerGauge idleTime;
  private final BooleanSupplier isBusy;

  private BusyDevice(TimerGauge idleTime, BooleanSupplier isBusy) {
    this.idleTime = idleTime;
    this.isBusy = isBusy;
  }

  /**
   * Watches the idle time of a task. Runs start on the task's thread and their ends are handled
   * there, so it is enough to ask whenever that thread becomes idle.
   *
   * @param isBusy whether the device works
   */
  static void watch(TimerGauge idleTime, BooleanSupplier isBusy) {
    idleTime.registerListener(new BusyDevice(idleTime, isBusy));
  }

  @Override
  public void markStart() {
    if (isBusy.getAsBoolean()) {
      idleTime.markEnd();
    }
  }

  @Override
  public void markEnd() {
    // Nothing was counted.
  }
}
