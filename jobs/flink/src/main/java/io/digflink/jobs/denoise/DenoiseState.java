package io.digflink.jobs.denoise;

import java.util.List;
import java.util.Map;
import org.apache.flink.api.common.state.BroadcastState;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.state.OperatorStateStore;
import org.apache.flink.api.common.typeutils.base.LongSerializer;
import org.apache.flink.api.common.typeutils.base.StringSerializer;
import org.apache.flink.api.common.typeutils.base.array.BytePrimitiveArraySerializer;
import org.apache.flink.streaming.api.operators.util.SimpleVersionedListState;

/** The operator state of Denoise. */
final class DenoiseState {
  private final ListState<HeldPortion> portions;
  private final ListState<Long> received;
  private final BroadcastState<String, Long> cancelled;

  DenoiseState(OperatorStateStore store) throws Exception {
    // The name is older than portions.
    portions =
        new SimpleVersionedListState<>(
            store.getListState(
                new ListStateDescriptor<>(
                    "requests-in-flight", BytePrimitiveArraySerializer.INSTANCE)),
            new HeldPortionSerializer());
    received =
        store.getListState(new ListStateDescriptor<>("items-received", LongSerializer.INSTANCE));
    cancelled =
        store.getBroadcastState(
            new MapStateDescriptor<>(
                "cancelled", StringSerializer.INSTANCE, LongSerializer.INSTANCE));
  }

  Iterable<HeldPortion> portions() throws Exception {
    return portions.get();
  }

  /** Items that ever came to the subtasks whose state this one has. */
  long received() throws Exception {
    long sum = 0;
    for (long count : received.get()) {
      sum += count;
    }
    return sum;
  }

  /** Puts the ids back that were cancelled. */
  void restore(Cancellations cancellations, long now) throws Exception {
    for (Map.Entry<String, Long> entry : cancelled.immutableEntries()) {
      cancellations.add(entry.getKey(), entry.getValue(), now);
    }
  }

  void update(List<HeldPortion> held, long receivedNow, Cancellations cancellations)
      throws Exception {
    portions.update(held);
    received.update(List.of(receivedNow));
    cancelled.clear();
    cancelled.putAll(cancellations.all());
  }
}
