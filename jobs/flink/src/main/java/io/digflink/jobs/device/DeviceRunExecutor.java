package io.digflink.jobs.device;

import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.flink.api.common.operators.MailboxExecutor;
import org.apache.flink.util.function.ThrowingRunnable;

/**
 * Executes one run at a time on a thread of its own and reports its end by a mail to the task. All
 * methods are called on the task's thread.
 */
final class DeviceRunExecutor implements AutoCloseable {
  private final MailboxExecutor mailbox;
  private final ExecutorService thread;
  private boolean busy;
  private Future<?> running;

  DeviceRunExecutor(String name, MailboxExecutor mailbox) {
    this.mailbox = mailbox;
    this.thread =
        Executors.newSingleThreadExecutor(
            task -> {
              Thread created = new Thread(task, name);
              created.setDaemon(true);
              return created;
            });
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
    running = thread.submit(() -> executeAndReport(run, whenEnded));
  }

  private void executeAndReport(DeviceRun<?> run, ThrowingRunnable<Exception> whenEnded) {
    Throwable failure = null;
    try {
      run.execute();
    } catch (Throwable t) {
      failure = t;
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

  /** Waits until nothing is computed; the mail that reports the end may still be due. */
  void awaitIdle() throws InterruptedException {
    if (running == null) {
      return;
    }
    try {
      running.get();
    } catch (ExecutionException e) {
      throw new IllegalStateException("A run reports its failures by mail", e);
    }
  }

  /**
   * Stops the thread and waits for it, even if the task is interrupted meanwhile: a native run
   * cannot be cut short, and what it uses may be freed only afterwards.
   */
  @Override
  public void close() {
    thread.shutdown();
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
