package io.digflink.jobs.golden;

import java.util.List;
import java.util.Map;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.state.OperatorStateStore;
import org.apache.flink.api.common.typeutils.base.array.BytePrimitiveArraySerializer;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.runtime.state.StateInitializationContext;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.util.OneInputStreamOperatorTestHarness;

/** Operator state with the bytes that an earlier release wrote. */
public final class EarlierState {
  private EarlierState() {}

  /**
   * Lists that a restore splits between subtasks.
   *
   * @param lists elements by the state's name, each with its version and length before it
   */
  public static OperatorSubtaskState split(Map<String, List<byte[]>> lists) throws Exception {
    return of(lists, false);
  }

  /** Lists that a restore gives to every subtask as a whole. */
  public static OperatorSubtaskState union(Map<String, List<byte[]>> lists) throws Exception {
    return of(lists, true);
  }

  private static OperatorSubtaskState of(Map<String, List<byte[]>> lists, boolean isUnion)
      throws Exception {
    OneInputStreamOperatorTestHarness<Integer, Integer> harness =
        new OneInputStreamOperatorTestHarness<>(new Writer(lists, isUnion));
    harness.open();
    OperatorSubtaskState state = harness.snapshot(1, 0);
    harness.close();
    return state;
  }

  private static final class Writer extends AbstractStreamOperator<Integer>
      implements OneInputStreamOperator<Integer, Integer> {
    private static final long serialVersionUID = 1L;

    private final transient Map<String, List<byte[]>> lists;
    private final boolean isUnion;

    Writer(Map<String, List<byte[]>> lists, boolean isUnion) {
      this.lists = lists;
      this.isUnion = isUnion;
    }

    @Override
    public void initializeState(StateInitializationContext context) throws Exception {
      super.initializeState(context);
      OperatorStateStore store = context.getOperatorStateStore();
      for (Map.Entry<String, List<byte[]>> list : lists.entrySet()) {
        ListStateDescriptor<byte[]> descriptor =
            new ListStateDescriptor<>(list.getKey(), BytePrimitiveArraySerializer.INSTANCE);
        (isUnion ? store.getUnionListState(descriptor) : store.getListState(descriptor))
            .update(list.getValue());
      }
    }

    @Override
    public void processElement(StreamRecord<Integer> element) {
      throw new AssertionError("Expected no elements");
    }
  }
}
