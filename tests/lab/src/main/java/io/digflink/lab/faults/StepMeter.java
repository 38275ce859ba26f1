package io.digflink.lab.faults;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** Reads how many denoising steps a job does, for their rate when something is done to it. */
final class StepMeter implements AutoCloseable {
  private static final long PERIOD_MILLIS = 250;
  private static final int WINDOW = 20;

  private final RunningJob job;
  private final ScheduledExecutorService executor = Executors.newSingleThreadScheduledExecutor();
  private final Deque<Reading> readings = new ArrayDeque<>();

  private record Reading(long nanos, double steps) {}

  StepMeter(RunningJob job) {
    this.job = job;
    executor.scheduleWithFixedDelay(this::read, 0, PERIOD_MILLIS, TimeUnit.MILLISECONDS);
  }

  private void read() {
    try {
      take(job.sum("Denoise.imageSteps"));
    } catch (IOException e) {
      // The JobManager is down: what it last said holds.
      return;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private synchronized void take(double steps) {
    if (!readings.isEmpty() && steps < readings.getLast().steps()) {
      // The job has restarted and counts anew.
      readings.clear();
    }
    readings.add(new Reading(System.nanoTime(), steps));
    if (readings.size() > WINDOW) {
      readings.remove();
    }
  }

  /** Steps a second over the last seconds of this attempt; 0 where nothing is known of it. */
  synchronized double rate() {
    if (readings.size() < 2) {
      return 0;
    }
    Reading first = readings.getFirst();
    Reading last = readings.getLast();
    return (last.steps() - first.steps()) / ((last.nanos() - first.nanos()) / 1e9);
  }

  @Override
  public void close() {
    executor.shutdownNow();
  }
}
