package io.digflink.jobs.device;

import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.apache.flink.api.common.operators.MailboxExecutor;
import org.apache.flink.util.function.ThrowingRunnable;

/**
 * Executes one run at a time on a thread of its own and reports its end by a mail to the task. All
 * methods are called on the task's thread. If a run takes too long, or leaves a device that cannot
 * be used any more, it says so.
 */
final class DeviceRunExecutor implements AutoCloseable {
  private final MailboxExecutor mailbox;
  private final ExecutorService thread;
  private final ScheduledExecutorService watchdog;
  private final Duration longest;
  private final Consumer<String> lost;
  private final Lock snapshots = new ReentrantLock();
  private boolean busy;

  /**
   * Starts the thread.
   *
   * @param longest that a run may take
   * @param lost told, on any thread, why the device is lost
   */
  DeviceRunExecutor(String name, MailboxExecutor mailbox, Duration longest, Consumer<String> lost) {
    this.mailbox = mailbox;
    this.longest = longest;
    this.lost = lost;
    this.thread = Executors.newSingleThreadExecutor(daemons(name));
    this.watchdog = Executors.newSingleThreadScheduledExecutor(daemons(name + " watchdog"));
  }

  private static ThreadFactory daemons(String name) {
    return task -> {
      Thread created = new Thread(task, name);
      created.setDaemon(true);
      return created;
    };
  }

  /** Whether there is a run whose end has not been handled yet. */
  boolean isBusy() {
    return busy;
  }

  /**
   * Starts a run.
   *
   * @param whenEnded called on the task's thread. If the run throws, a {@link DeviceException}
   *     fails the task instead
   */
  void start(DeviceRun<?> run, ThrowingRunnable<Exception> whenEnded) {
    if (busy) {
      throw new IllegalStateException("Expected no run under way, found one");
    }
    busy = true;
    thread.execute(() -> executeAndReport(run, whenEnded));
  }

  private void executeAndReport(DeviceRun<?> run, ThrowingRunnable<Exception> whenEnded) {
    Throwable failure = null;
    Future<?> watch = watch(run);
    try {
      run.execute(snapshots);
    } catch (Throwable t) {
      failure = t;
    }
    watch.cancel(false);
    if (LostDevice.isLost(failure == null ? run.failure() : failure)) {
      lost.accept("A run of the " + run.graph() + " of " + run.key().model() + " broke the device");
    }
    Throwable thrown = failure;
    try {
      mailbox.execute(
          () -> {
            busy = false;
            if (thrown != null) {
              throw new DeviceException(thrown);
            }
            whenEnded.run();
          },
          "End of a device run");
    } catch (RejectedExecutionException e) {
      // The mailbox is closed: the task is ending and nobody waits for the result.
      return;
    }
  }

  private Future<?> watch(DeviceRun<?> run) {
    return watchdog.schedule(
        () ->
            lost.accept(
                "Expected a run of the "
                    + run.graph()
                    + " of "
                    + run.key().model()
                    + " with "
                    + run.rows()
                    + " rows to end within denoise.run-timeout, "
                    + longest.toSeconds()
                    + " s, and it did not"),
        longest.toMillis(),
        TimeUnit.MILLISECONDS);
  }

  /** Takes a snapshot, during which no image moves; what is being computed goes on. */
  void snapshot(ThrowingRunnable<Exception> snapshot) throws Exception {
    snapshots.lock();
    try {
      snapshot.run();
    } finally {
      snapshots.unlock();
    }
  }

  /**
   * Stops the thread and waits for it, even if the task is interrupted meanwhile: a native run
   * cannot be cut short, and what it uses may be freed only afterwards.
   */
  @Override
  public void close() {
    thread.shutdown();
    watchdog.shutdown(); // what is scheduled is still run: a run that hangs is not waited for
    boolean interrupted = false;
    boolean ended = false;
    while (!ended) {
      try {
        ended = thread.awaitTermination(1, TimeUnit.MINUTES);
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
