package io.digflink.jobs.device;

import static org.assertj.core.api.Assertions.assertThat;

import io.digflink.runtime.sampling.LatentShape;
import io.digflink.runtime.session.SessionException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.flink.streaming.runtime.tasks.StreamTaskActionExecutor;
import org.apache.flink.streaming.runtime.tasks.mailbox.MailboxExecutorImpl;
import org.apache.flink.streaming.runtime.tasks.mailbox.TaskMailbox;
import org.apache.flink.streaming.runtime.tasks.mailbox.TaskMailboxImpl;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DeviceRunExecutorTest {
  private final BlockingQueue<String> lost = new LinkedBlockingQueue<>();
  private final TaskMailbox mailbox = new TaskMailboxImpl();
  private DeviceRunExecutor executor = executor(Duration.ofMinutes(1));

  private DeviceRunExecutor executor(Duration longest) {
    return new DeviceRunExecutor(
        "device",
        new MailboxExecutorImpl(mailbox, 0, StreamTaskActionExecutor.IMMEDIATE),
        longest,
        lost::add);
  }

  @AfterEach
  void close() {
    executor.close();
  }

  @Test
  void aRunThatHangsIsTold() throws Exception {
    executor.close();
    executor = executor(Duration.ofMillis(10));
    CountDownLatch told = new CountDownLatch(1);

    executor.start(new Run(() -> await(told)), () -> {});

    String why = lost.poll(1, TimeUnit.MINUTES);
    told.countDown();
    assertThat(why)
        .isEqualTo(
            "Expected a run of the denoiser of m with 1 rows to end within denoise.run-timeout,"
                + " 0 s, and it did not");
    mailbox.take(0);
  }

  @Test
  void aRunThatEndsInTimeIsNot() throws Exception {
    executor.start(new Run(() -> {}), () -> {});
    mailbox.take(0);

    assertThat(lost).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "CUDA failure 700: an illegal memory access was encountered ; GPU=0 ; hostname=h ;",
        "CUDA error cudaErrorIllegalAddress:an illegal memory access was encountered",
        "Projection: cudaErrorLaunchFailure, unspecified launch failure",
        "CUDA failure 719: unspecified launch failure ; GPU=1"
      })
  void aRunAfterWhichNoneCanSucceedIsTold(String message) throws Exception {
    executor.start(new Run(() -> fail(message)), () -> {});
    mailbox.take(0);

    assertThat(lost).containsExactly("A run of the denoiser of m broke the device");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "CUDA failure 2: out of memory ; GPU=0",
        "Non-zero status code returned while running Gather node, idx=700",
        "CUDA failure 9: invalid configuration argument"
      })
  void aRunAfterWhichOthersMaySucceedIsNot(String message) throws Exception {
    executor.start(new Run(() -> fail(message)), () -> {});
    mailbox.take(0);

    assertThat(lost).isEmpty();
  }

  private static void fail(String message) throws SessionException {
    throw new SessionException(message, null);
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private interface Work {
    void run() throws SessionException;
  }

  private static final class Run extends DeviceRun<Integer> {
    private final Work work;

    Run(Work work) {
      super("denoiser", new BatchKey("m", "1", new LatentShape(4, 8, 8)), List.of(1));
      this.work = work;
    }

    @Override
    protected void compute() throws SessionException {
      work.run();
    }

    @Override
    public int rows() {
      return 1;
    }

    @Override
    protected boolean canShrink() {
      return false;
    }
  }
}
