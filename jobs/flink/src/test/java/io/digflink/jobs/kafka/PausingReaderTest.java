package io.digflink.jobs.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import io.digflink.jobs.device.DoublingOperator;
import io.digflink.jobs.room.OperatorRoom;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.apache.flink.api.common.eventtime.Watermark;
import org.apache.flink.api.connector.source.ReaderOutput;
import org.apache.flink.api.connector.source.SourceOutput;
import org.apache.flink.api.connector.source.SourceReader;
import org.apache.flink.api.connector.source.SourceSplit;
import org.apache.flink.core.io.InputStatus;
import org.apache.flink.streaming.runtime.tasks.mailbox.TaskMailbox;
import org.apache.flink.streaming.util.OneInputStreamOperatorTestHarness;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The reader before a real operator; the test's thread is that of their task. */
@Timeout(60)
class PausingReaderTest {
  private final Emitted output = new Emitted();
  private final Numbers numbers = new Numbers(3);
  private final PausingReader<Integer, SourceSplit> reader = new PausingReader<>(numbers);
  private OneInputStreamOperatorTestHarness<Integer, Integer> operator;

  /** Reads the numbers from 1 on. */
  @SuppressWarnings("try")
  private static final class Numbers implements SourceReader<Integer, SourceSplit> {
    private final int last;
    private int read;

    Numbers(int last) {
      this.last = last;
    }

    @Override
    public InputStatus pollNext(ReaderOutput<Integer> output) {
      if (read == last) {
        return InputStatus.END_OF_INPUT;
      }
      output.collect(++read);
      return InputStatus.MORE_AVAILABLE;
    }

    @Override
    public CompletableFuture<Void> isAvailable() {
      return CompletableFuture.completedFuture(null);
    }

    @Override
    public void start() {}

    @Override
    public List<SourceSplit> snapshotState(long checkpointId) {
      return List.of();
    }

    @Override
    public void addSplits(List<SourceSplit> splits) {}

    @Override
    public void notifyNoMoreSplits() {}

    @Override
    public void close() {}
  }

  /** Collects what is read. */
  private static final class Emitted implements ReaderOutput<Integer> {
    private final List<Integer> numbers = new ArrayList<>();

    @Override
    public void collect(Integer number) {
      numbers.add(number);
    }

    @Override
    public void collect(Integer number, long timestamp) {
      numbers.add(number);
    }

    @Override
    public void emitWatermark(Watermark watermark) {}

    @Override
    public void markIdle() {}

    @Override
    public void markActive() {}

    @Override
    public SourceOutput<Integer> createOutputForSplit(String split) {
      return this;
    }

    @Override
    public void releaseOutputForSplit(String split) {}
  }

  @BeforeEach
  void openOperator() throws Exception {
    operator = DoublingOperator.harness();
    operator.open();
  }

  @AfterEach
  void closeOperator() throws Exception {
    operator.close();
  }

  private InputStatus poll() throws Exception {
    InputStatus status = reader.pollNext(output);
    for (Integer number : output.numbers) {
      operator.processElement(number, 0);
    }
    output.numbers.clear();
    return status;
  }

  private void runMailsUntil(CompletableFuture<Void> future) throws Exception {
    while (!future.isDone()) {
      operator.getTaskMailbox().take(TaskMailbox.MIN_PRIORITY).run();
    }
  }

  @Test
  void readsNothingWhileTheOperatorIsFull() throws Exception {
    for (int i = 0; i < DoublingOperator.CAPACITY; i++) {
      assertThat(poll()).isEqualTo(InputStatus.MORE_AVAILABLE);
    }

    assertThat(poll()).isEqualTo(InputStatus.NOTHING_AVAILABLE);
    assertThat(numbers.read).isEqualTo(DoublingOperator.CAPACITY);
    CompletableFuture<Void> available = reader.isAvailable();
    assertThat(available).isNotDone();
    runMailsUntil(available);

    assertThat(poll()).isEqualTo(InputStatus.MORE_AVAILABLE);
    assertThat(numbers.read).isEqualTo(DoublingOperator.CAPACITY + 1);
  }

  @Test
  void reportsTheEndOnlyWhenTheOperatorHoldsNothing() throws Exception {
    while (numbers.read < 3) {
      runMailsUntil(reader.isAvailable());
      poll();
    }
    runMailsUntil(OperatorRoom.ofThisTask().available());
    assertThat(OperatorRoom.ofThisTask().empty()).isNotDone();

    assertThat(poll()).isEqualTo(InputStatus.NOTHING_AVAILABLE);
    CompletableFuture<Void> available = reader.isAvailable();
    assertThat(available).isNotDone();
    runMailsUntil(available);

    assertThat(poll()).isEqualTo(InputStatus.END_OF_INPUT);
    assertThat(operator.extractOutputValues()).containsExactly(4, 8, 12);
  }
}
