package io.digflink.jobs.device;

import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.flink.api.common.operators.MailboxExecutor;
import org.apache.flink.util.function.ThrowingConsumer;

/**
 * Computes one thing at a time beside the task's thread and tells the end of it by a mail in the
 * task's mailbox. All methods are called on the task's thread.
 */
final class DeviceThread implements AutoCloseable {
  private final MailboxExecutor mailbox;
  private final ExecutorService executor;
  private boolean busy;
  private Future<?> running;

  DeviceThread(String name, MailboxExecutor mailbox) {
    this.mailbox = mailbox;
    this.executor =
        Executors.newSingleThreadExecutor(
            task -> {
              Thread thread = new Thread(task, name);
              thread.setDaemon(true);
              return thread;
            });
  }

  /** Whether a work's completion has not been handled yet. */
  boolean isBusy() {
    return busy;
  }

  /**
   * Starts a work.
   *
   * @param work runs on the device thread
   * @param completion takes the work's result on the task's thread. What the work throws is thrown
   *     there instead, so that it fails the task
   */
  <R> void submit(Callable<R> work, ThrowingConsumer<R, Exception> completion) {
    if (busy) {
      throw new IllegalStateException("Expected an idle device thread, found one at work");
    }
    busy = true;
    running = executor.submit(() -> computeAndPost(work, completion));
  }

  private <R> void computeAndPost(Callable<R> work, ThrowingConsumer<R, Exception> completion) {
    R result = null;
    Throwable failure = null;
    try {
      result = work.call();
    } catch (Throwable t) {
      failure = t;
    }
    R finalResult = result;
    Throwable finalFailure = failure;
    try {
      mailbox.execute(
          () -> {
            busy = false;
            if (finalFailure != null) {
              throw new DeviceException(finalFailure);
            }
            completion.accept(finalResult);
          },
          "Completion of a device run");
    } catch (RejectedExecutionException e) {
      // The mailbox is closed: the task ends and nobody waits for the result.
      return;
    }
  }

  /** Waits until the device thread computes nothing; the completion's mail may still be due. */
  void awaitIdle() throws InterruptedException {
    if (running == null) {
      return;
    }
    try {
      running.get();
    } catch (CancellationException | ExecutionException e) {
      throw new IllegalStateException("A device work hands its failures to the mailbox", e);
    }
  }

  /**
   * Stops the thread and waits for it, however often the task is interrupted meanwhile: what it
   * computes with may be freed afterwards, and a native run cannot be cut short.
   */
  @Override
  public void close() {
    executor.shutdown();
    boolean interrupted = false;
    while (true) {
      try {
        if (executor.awaitTermination(1, TimeUnit.MINUTES)) {
          break;
        }
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
