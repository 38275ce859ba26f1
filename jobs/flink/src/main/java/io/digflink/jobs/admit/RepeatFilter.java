package io.digflink.jobs.admit;

import io.digflink.jobs.request.Answer;
import io.digflink.jobs.request.Portion;
import io.digflink.jobs.request.QueueItem;
import io.digflink.jobs.request.RejectCounters;
import io.digflink.jobs.request.RejectException;
import io.digflink.jobs.request.RejectRecords;
import io.digflink.jobs.request.RequestEvent;
import io.digflink.jobs.request.SideOutputs;
import io.digflink.schemas.RejectReason;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.StateTtlConfig;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeutils.base.array.BytePrimitiveArraySerializer;
import org.apache.flink.metrics.Counter;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.util.Collector;

/**
 * Lets each request through once, by its id: a producer that sends a record again, because it does
 * not know whether the first one has arrived, gets its images once. The same id with other content
 * is a conflict and rejected. What is let through is opened for those who keep count.
 *
 * <p>The state of an id is 24 bytes and has a time to live: 16 bytes of the digest of the content
 * and 8 of the digest of the record's place.
 */
public final class RepeatFilter extends KeyedProcessFunction<String, QueueItem, QueueItem> {
  private static final long serialVersionUID = 1L;
  private static final int SOURCE_BYTES = 8;

  private final Duration remember;
  private transient ValueState<byte[]> seen;
  private transient Counter repeats;
  private transient RejectCounters rejects;

  /**
   * @param remember how long an id is remembered; zero: not at all
   */
  public RepeatFilter(Duration remember) {
    this.remember = remember;
  }

  @Override
  public void open(OpenContext context) {
    ValueStateDescriptor<byte[]> descriptor =
        new ValueStateDescriptor<>("seen", BytePrimitiveArraySerializer.INSTANCE);
    Duration kept = remember.isZero() ? Duration.ofMillis(1) : remember;
    descriptor.enableTimeToLive(StateTtlConfig.newBuilder(kept).build());
    seen = getRuntimeContext().getState(descriptor);
    repeats = getRuntimeContext().getMetricGroup().counter("repeatedRequests");
    rejects = new RejectCounters(getRuntimeContext().getMetricGroup());
  }

  @Override
  public void processElement(QueueItem item, Context context, Collector<QueueItem> out)
      throws Exception {
    Portion portion = item.portion();
    if (!remember.isZero() && isRepeated(item, context)) {
      out.collect(item.repeated());
      return;
    }
    if (item.original() != null) {
      context.output(SideOutputs.EVENTS, RequestEvent.opened(portion, item.original()));
    }
    out.collect(item.withoutOriginal());
  }

  private boolean isRepeated(QueueItem item, Context context) throws Exception {
    byte[] known = seen.value();
    byte[] place =
        Digests.of(item.portion().source().getBytes(StandardCharsets.UTF_8), SOURCE_BYTES);
    if (known != null) {
      boolean isSameRecord =
          Arrays.equals(known, Digests.CONTENT_BYTES, known.length, place, 0, SOURCE_BYTES);
      if (!isSameRecord && item.original() != null) {
        judge(item, known, context);
      }
      return !isSameRecord;
    }
    if (item.original() != null) {
      int size = Digests.CONTENT_BYTES + SOURCE_BYTES;
      seen.update(ByteBuffer.allocate(size).put(item.content()).put(place).array());
    }
    return false;
  }

  private void judge(QueueItem item, byte[] known, Context context) {
    Portion portion = item.portion();
    if (Arrays.equals(known, 0, Digests.CONTENT_BYTES, item.content(), 0, Digests.CONTENT_BYTES)) {
      repeats.inc();
      return;
    }
    RejectException why =
        RejectException.field(
            RejectReason.CONFLICT,
            "request_id",
            portion.requestId(),
            "an id that is new, or the content that came with it before (within requests.remember, "
                + remember.toSeconds()
                + " s)");
    rejects.count(why.reason());
    long now = context.timerService().currentProcessingTime();
    context.output(
        SideOutputs.REJECTED,
        new Answer<>(
            RejectRecords.of(why, portion.requestId(), item.original(), portion.source(), now),
            portion.headers()));
  }
}
