package io.digflink.jobs.device;

import io.digflink.jobs.room.OperatorRoom;
import io.digflink.runtime.sampling.LatentShape;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.runtime.state.StateInitializationContext;
import org.apache.flink.streaming.api.operators.AbstractStreamOperatorFactory;
import org.apache.flink.streaming.api.operators.OneInputStreamOperatorFactory;
import org.apache.flink.streaming.api.operators.StreamOperator;
import org.apache.flink.streaming.api.operators.StreamOperatorParameters;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.util.OneInputStreamOperatorTestHarness;
import org.apache.flink.util.function.ThrowingRunnable;

/**
 * The smallest device operator: doubles each number {@value #STEPS} times, one number and one step
 * per run, and emits it. It tells the source how much room it has. A test decides what else happens
 * in a run.
 */
public final class DoublingOperator
    extends DeviceRunOperator<Integer, Integer, DoublingOperator.Doubling> {
  /** Numbers that it holds at most. */
  public static final int CAPACITY = 2;

  static final int STEPS = 2;

  private static final long serialVersionUID = 1L;

  private final transient OperatorRoom room = OperatorRoom.ofThisTask();
  private final transient Deque<Held> held = new ArrayDeque<>();
  private transient ListState<Tuple2<Integer, Integer>> state;
  private transient ThrowingRunnable<Exception> inEveryRun = () -> {};
  private transient ThrowingRunnable<Exception> inEveryMove = () -> {};
  private transient Runnable whenDeviceCloses = () -> {};

  private static final class Held {
    private final long sequence;
    private int number;
    private int stepsDone;

    Held(long sequence, int number, int stepsDone) {
      this.sequence = sequence;
      this.number = number;
      this.stepsDone = stepsDone;
    }
  }

  /** A step of one number. */
  static final class Doubling extends DeviceRun<Held> {
    private final ThrowingRunnable<Exception> also;
    private final ThrowingRunnable<Exception> alsoMoving;

    private Doubling(
        Held number, ThrowingRunnable<Exception> also, ThrowingRunnable<Exception> alsoMoving) {
      super("doubling", new BatchKey("numbers", "", new LatentShape(1, 1, 1)), List.of(number));
      this.also = also;
      this.alsoMoving = alsoMoving;
    }

    @Override
    protected void compute() {
      ThrowingRunnable.unchecked(also).run();
    }

    @Override
    protected void moveImages() {
      ThrowingRunnable.unchecked(alsoMoving).run();
      Held number = images().get(0);
      number.number *= 2;
      number.stepsDone++;
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

  private DoublingOperator(StreamOperatorParameters<Integer> parameters) {
    super(parameters, Duration.ofMinutes(1));
  }

  /** A harness around an operator, not open yet. */
  public static OneInputStreamOperatorTestHarness<Integer, Integer> harness() throws Exception {
    OneInputStreamOperatorTestHarness<Integer, Integer> harness =
        new OneInputStreamOperatorTestHarness<>(new Factory());
    harness.setup();
    return harness;
  }

  private static final class Factory extends AbstractStreamOperatorFactory<Integer>
      implements OneInputStreamOperatorFactory<Integer, Integer> {
    private static final long serialVersionUID = 1L;

    @Override
    public <T extends StreamOperator<Integer>> T createStreamOperator(
        StreamOperatorParameters<Integer> parameters) {
      @SuppressWarnings("unchecked")
      T operator = (T) new DoublingOperator(parameters);
      return operator;
    }

    @Override
    public Class<? extends StreamOperator<?>> getStreamOperatorClass(ClassLoader classLoader) {
      return DoublingOperator.class;
    }
  }

  void inEveryRun(ThrowingRunnable<Exception> action) {
    inEveryRun = action;
  }

  void inEveryMove(ThrowingRunnable<Exception> action) {
    inEveryMove = action;
  }

  void whenDeviceCloses(Runnable action) {
    whenDeviceCloses = action;
  }

  @Override
  public void initializeState(StateInitializationContext context) throws Exception {
    super.initializeState(context);
    state =
        context
            .getOperatorStateStore()
            .getListState(new ListStateDescriptor<>("held", Types.TUPLE(Types.INT, Types.INT)));
    for (Tuple2<Integer, Integer> number : state.get()) {
      held.add(new Held(nextSequence(), number.f0, number.f1));
    }
  }

  @Override
  protected void snapshotHeld() throws Exception {
    List<Tuple2<Integer, Integer>> all = new ArrayList<>();
    held.forEach(number -> all.add(Tuple2.of(number.number, number.stepsDone)));
    state.update(all);
  }

  @Override
  protected void heldChanged() {
    room.update(this, !isFull(), held.isEmpty());
  }

  @Override
  protected boolean isFull() {
    return held.size() >= CAPACITY;
  }

  @Override
  protected void accept(Integer number, long sequence) {
    held.add(new Held(sequence, number, 0));
  }

  @Override
  protected long oldestSequence() {
    return held.isEmpty() ? Long.MAX_VALUE : held.peek().sequence;
  }

  @Override
  protected Doubling nextRun() {
    return held.isEmpty() ? null : new Doubling(held.peek(), inEveryRun, inEveryMove);
  }

  @Override
  protected void takeIn(Doubling run) {
    // The run has changed the number itself.
  }

  @Override
  protected void emitLeaving() {
    while (!held.isEmpty() && held.peek().stepsDone >= STEPS) {
      output.collect(new StreamRecord<>(held.remove().number));
    }
  }

  @Override
  protected void closeDevice() {
    room.leave(this);
    whenDeviceCloses.run();
  }
}
