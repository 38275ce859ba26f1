package io.digflink.jobs.progress;

import io.digflink.jobs.request.Answer;
import io.digflink.jobs.request.ProgressRecords;
import io.digflink.jobs.request.RejectCounters;
import io.digflink.jobs.request.RejectRecords;
import io.digflink.jobs.request.RequestEvent;
import io.digflink.jobs.request.SideOutputs;
import io.digflink.schemas.RejectedRequest;
import io.digflink.schemas.RequestProgress;
import io.digflink.schemas.RequestState;
import java.time.Duration;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.CheckpointListener;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeutils.base.array.BytePrimitiveArraySerializer;
import org.apache.flink.runtime.state.FunctionInitializationContext;
import org.apache.flink.runtime.state.FunctionSnapshotContext;
import org.apache.flink.streaming.api.checkpoint.CheckpointedFunction;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.util.Collector;

/**
 * Counts the images of each request, whichever subtasks make them, and tells clients in order:
 * ADMITTED, RUNNING and each image that is out, and at last, once, how the request ended. Images
 * that were not made lead to one reject at that end, since only this stage has the original bytes.
 *
 * <p>Keyed by the place that a request came from. An image is counted after it has been handed to
 * the sink, so the end is in the same transaction as the last image or in a later one.
 */
public final class ProgressFunction
    extends KeyedProcessFunction<String, RequestEvent, Answer<RequestProgress>>
    implements CheckpointedFunction, CheckpointListener {
  private static final long serialVersionUID = 1L;

  /** What subtasks tell of a request may come after its end: so long it is waited for the rest. */
  private static final long STRAY_MILLIS = Duration.ofMinutes(10).toMillis();

  private transient ValueState<byte[]> tallies;
  private transient ValueState<byte[]> originals;
  private transient RejectCounters rejects;
  private transient RequestSpans spans;

  @Override
  public void open(OpenContext context) {
    tallies = bytes("tally");
    originals = bytes("original");
    rejects = new RejectCounters(getRuntimeContext().getMetricGroup());
    spans = new RequestSpans(getRuntimeContext().getMetricGroup());
  }

  private ValueState<byte[]> bytes(String name) {
    return getRuntimeContext()
        .getState(new ValueStateDescriptor<>(name, BytePrimitiveArraySerializer.INSTANCE));
  }

  @Override
  public void processElement(
      RequestEvent event, Context context, Collector<Answer<RequestProgress>> out)
      throws Exception {
    if (event.kind() == RequestEvent.Kind.TOLD) {
      out.collect(answer(event, event.state(), event.images(), 0, event.at(), 0));
      return;
    }
    Tally tally = Tally.of(tallies.value());
    tally.add(event);
    if (event.original() != null) {
      originals.update(event.original());
    }
    long now = context.timerService().currentProcessingTime();
    RequestState next;
    while ((next = tally.nextToTell()) != null) {
      out.collect(answer(event, next, tally.images(), 0, event.at(), tally.expectedAt(now)));
    }
    if (tally.isEnded()) {
      end(tally, event, now, context, out);
      tallies.clear();
      originals.clear();
      return;
    }
    if (event.kind() == RequestEvent.Kind.DONE && tally.isRunning()) {
      out.collect(
          answer(
              event,
              RequestState.RUNNING,
              tally.images(),
              tally.done(),
              event.at(),
              tally.expectedAt(now)));
    }
    if (!tally.isOpened()) {
      context.timerService().registerProcessingTimeTimer(now + STRAY_MILLIS);
    }
    tallies.update(tally.toBytes());
  }

  @Override
  public void onTimer(long time, OnTimerContext context, Collector<Answer<RequestProgress>> out)
      throws Exception {
    if (!Tally.of(tallies.value()).isOpened()) {
      tallies.clear();
    }
  }

  private void end(
      Tally tally,
      RequestEvent last,
      long now,
      Context context,
      Collector<Answer<RequestProgress>> out)
      throws Exception {
    RequestState state = tally.end();
    RejectedRequest why = tally.firstReject();
    if (why != null && state != RequestState.CANCELLED) {
      rejects.count(why.getReason());
      context.output(
          SideOutputs.REJECTED,
          new Answer<>(
              RejectRecords.of(why, originals.value(), tally.images(), tally.done(), now),
              last.headers()));
    }
    out.collect(answer(last, state, tally.images(), tally.done(), now, 0));
    if (last.image() != null) {
      spans.ended(last.image(), last.at());
    }
  }

  private static Answer<RequestProgress> answer(
      RequestEvent event, RequestState state, int images, int done, long at, long expectedAt) {
    return new Answer<>(
        ProgressRecords.of(event.requestId(), state, images, done, at, expectedAt),
        event.headers());
  }

  @Override
  public void initializeState(FunctionInitializationContext context) {
    // All state is keyed.
  }

  @Override
  public void snapshotState(FunctionSnapshotContext context) {
    spans.snapshot(context.getCheckpointId());
  }

  @Override
  public void notifyCheckpointComplete(long checkpointId) {
    spans.complete(checkpointId, System.currentTimeMillis());
  }
}
