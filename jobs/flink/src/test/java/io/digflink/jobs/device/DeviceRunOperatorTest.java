package io.digflink.jobs.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.digflink.jobs.room.OperatorRoom;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.flink.core.execution.SavepointFormatType;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.runtime.checkpoint.SavepointType;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.runtime.tasks.mailbox.TaskMailbox;
import org.apache.flink.streaming.util.OneInputStreamOperatorTestHarness;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The test's thread is the task's: it runs each mail of the operator itself. */
@Timeout(60)
class DeviceRunOperatorTest {
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private OneInputStreamOperatorTestHarness<Integer, Integer> harness;
  private DoublingOperator operator;

  @BeforeEach
  void open() throws Exception {
    start(null);
  }

  @AfterEach
  void close() throws Exception {
    harness.close();
  }

  private void start(OperatorSubtaskState restored) throws Exception {
    harness = DoublingOperator.harness();
    operator = (DoublingOperator) harness.getOperator();
    harness.initializeState(restored);
    harness.open();
  }

  /** Waits for the next mail and runs it. */
  private void runMail() throws Exception {
    harness.getTaskMailbox().take(TaskMailbox.MIN_PRIORITY).run();
  }

  private void runMailsUntilEmpty() throws Exception {
    while (!OperatorRoom.ofThisTask().empty().isDone()) {
      runMail();
    }
  }

  /** Returns when the thread waits in a method of this name. */
  private static void awaitWaitingIn(Thread thread, String method) {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (Arrays.stream(thread.getStackTrace())
            .noneMatch(frame -> frame.getMethodName().equals(method))
        || thread.getState() == Thread.State.RUNNABLE) {
      assertThat(System.nanoTime()).as("the task waits in " + method).isLessThan(end);
      Thread.onSpinWait();
    }
  }

  /** Lets every run end only when the task's thread waits in a method of this name. */
  private CountDownLatch holdRunsUntilTaskWaitsIn(String method, Runnable lastAct) {
    Thread task = Thread.currentThread();
    CountDownLatch started = new CountDownLatch(1);
    operator.inEveryRun(
        () -> {
          started.countDown();
          awaitWaitingIn(task, method);
          lastAct.run();
        });
    return started;
  }

  @Test
  void aNumberIsEmittedAfterAllItsRuns() throws Exception {
    harness.processElement(3, 0);

    runMailsUntilEmpty();

    assertThat(harness.extractOutputValues()).containsExactly(12);
  }

  /** Lets no run end before the latch is released; returns one that tells that a run began. */
  private CountDownLatch holdRunsUntil(CountDownLatch released) {
    CountDownLatch started = new CountDownLatch(1);
    operator.inEveryRun(
        () -> {
          started.countDown();
          released.await();
        });
    return started;
  }

  @Test
  void aSnapshotInMidRunDoesNotWaitForItAndTheRunIsMadeAgain() throws Exception {
    CountDownLatch released = new CountDownLatch(1);
    CountDownLatch started = holdRunsUntil(released);
    harness.processElement(3, 0);
    started.await();

    OperatorSubtaskState snapshot = harness.snapshot(1, 0);

    assertThat(harness.extractOutputValues()).isEmpty();
    released.countDown();
    runMailsUntilEmpty();
    assertThat(harness.extractOutputValues()).containsExactly(12);

    harness.close();
    start(snapshot);
    AtomicInteger runs = new AtomicInteger();
    operator.inEveryRun(runs::incrementAndGet);
    assertThat(harness.extractOutputValues()).as("before the task runs").isEmpty();
    runMailsUntilEmpty();
    assertThat(harness.extractOutputValues()).containsExactly(12);
    assertThat(runs).hasValue(2);
  }

  @Test
  void aSnapshotWaitsForNumbersThatAreBeingMoved() throws Exception {
    Thread task = Thread.currentThread();
    CountDownLatch started = new CountDownLatch(1);
    operator.inEveryMove(
        () -> {
          started.countDown();
          awaitWaitingIn(task, "snapshot");
        });
    harness.processElement(3, 0);
    started.await();

    OperatorSubtaskState snapshot = harness.snapshot(1, 0);
    operator.inEveryMove(() -> {});
    harness.close();
    start(snapshot);
    AtomicInteger runs = new AtomicInteger();
    operator.inEveryRun(runs::incrementAndGet);
    runMailsUntilEmpty();

    assertThat(harness.extractOutputValues()).containsExactly(12);
    assertThat(runs).as("the first was over").hasValue(1);
  }

  @Test
  void nothingIsEmittedOrStartedAfterAStopWithSavepoint() throws Exception {
    CountDownLatch released = new CountDownLatch(1);
    CountDownLatch started = holdRunsUntil(released);
    runMail();
    harness.processElement(3, 0);
    started.await();

    stopWithSavepoint(7);
    operator.inEveryRun(
        () -> {
          throw new AssertionError("a run after the savepoint");
        });
    released.countDown();
    runMail();

    assertThat(harness.getTaskMailbox().hasMail()).isFalse();
    assertThat(harness.getOutput()).isEmpty();
  }

  @Test
  void anAbortedStopWithSavepointGoesOnWhereItWas() throws Exception {
    CountDownLatch released = new CountDownLatch(1);
    CountDownLatch started = holdRunsUntil(released);
    runMail();
    harness.processElement(3, 0);
    started.await();
    stopWithSavepoint(7);
    operator.inEveryRun(() -> {});
    released.countDown();
    runMail();

    operator.notifyCheckpointAborted(6);
    assertThat(harness.getTaskMailbox().hasMail()).as("another checkpoint's abort").isFalse();
    operator.notifyCheckpointAborted(7);
    runMailsUntilEmpty();

    assertThat(harness.extractOutputValues()).containsExactly(12);
  }

  private void stopWithSavepoint(long id) throws Exception {
    harness.snapshotWithLocalState(id, 0, SavepointType.suspend(SavepointFormatType.CANONICAL));
  }

  @Test
  void aSavepointThatDoesNotStopTheJobChangesNothing() throws Exception {
    harness.processElement(3, 0);
    harness.snapshotWithLocalState(7, 0, SavepointType.savepoint(SavepointFormatType.CANONICAL));

    runMailsUntilEmpty();

    assertThat(harness.extractOutputValues()).containsExactly(12);
  }

  @Test
  void aWatermarkWaitsForTheNumbersBeforeItAndForNoOthers() throws Exception {
    harness.processWatermark(1);
    harness.processElement(3, 0);
    harness.processWatermark(10);
    harness.processWatermark(11);
    harness.processElement(4, 0);
    assertThat(harness.getOutput()).containsExactly(new Watermark(1));

    while (harness.extractOutputValues().isEmpty()) {
      runMail();
    }
    assertThat(harness.getOutput()).hasSize(4).endsWith(new Watermark(10), new Watermark(11));
    runMailsUntilEmpty();

    assertThat(harness.extractOutputValues()).containsExactly(12, 16);
  }

  @Test
  void whatARunThrowsFailsTheTask() throws Exception {
    runMail();
    operator.inEveryRun(
        () -> {
          throw new StackOverflowError("too deep");
        });
    harness.processElement(3, 0);

    assertThatThrownBy(this::runMail)
        .isInstanceOf(DeviceException.class)
        .hasMessage("A run on the device thread failed: java.lang.StackOverflowError: too deep")
        .hasCauseInstanceOf(StackOverflowError.class);
  }

  @Test
  void closingWaitsForTheRunUnderWayThoughInterruptedAndTheClosedMailboxIsNoFailure()
      throws Exception {
    AtomicBoolean runEnded = new AtomicBoolean();
    AtomicBoolean endedFirst = new AtomicBoolean();
    CountDownLatch started = holdRunsUntilTaskWaitsIn("close", () -> runEnded.set(true));
    operator.whenDeviceCloses(() -> endedFirst.set(runEnded.get()));
    harness.processElement(3, 0);
    started.await();
    harness.getTaskMailbox().quiesce();

    Thread.currentThread().interrupt();
    operator.close();

    assertThat(Thread.interrupted()).isTrue();
    assertThat(endedFirst).isTrue();
  }

  @Test
  void aFullOperatorTakesTheNextNumberWhenOneHasLeft() throws Exception {
    OperatorRoom room = OperatorRoom.ofThisTask();
    assertThat(room.available()).isDone();
    assertThat(room.empty()).isDone();

    harness.processElement(3, 0);
    assertThat(room.available()).isDone();
    assertThat(room.empty()).isNotDone();
    harness.processElement(4, 0);
    assertThat(room.available()).isNotDone();
    assertThat(harness.extractOutputValues()).isEmpty();

    harness.processElement(5, 0);
    assertThat(harness.extractOutputValues()).containsExactly(12);
    assertThat(room.available()).isNotDone();

    runMailsUntilEmpty();
    assertThat(room.available()).isDone();
    assertThat(harness.extractOutputValues()).containsExactly(12, 16, 20);
  }

  @Test
  void theEndOfTheInputWaitsUntilNothingIsHeld() throws Exception {
    harness.processElement(3, 0);
    harness.processElement(4, 0);

    harness.endInput();

    assertThat(harness.extractOutputValues()).containsExactly(12, 16);
    assertThat(OperatorRoom.ofThisTask().empty()).isDone();
  }
}
