package io.digflink.jobs.admit;

import io.digflink.jobs.device.SavepointStop;
import io.digflink.jobs.model.Bundles;
import io.digflink.jobs.model.ModelSettings;
import io.digflink.jobs.model.ServedBundles;
import io.digflink.jobs.request.AdmittedRequest;
import io.digflink.jobs.request.Answer;
import io.digflink.jobs.request.IncomingRecord;
import io.digflink.jobs.request.ProgressRecords;
import io.digflink.jobs.request.QueueItem;
import io.digflink.jobs.request.RejectCounters;
import io.digflink.jobs.request.RejectException;
import io.digflink.jobs.request.RejectRecords;
import io.digflink.jobs.request.SideOutputs;
import io.digflink.jobs.room.SenderRoom;
import io.digflink.schemas.GenerationRequest;
import io.digflink.schemas.RejectReason;
import io.digflink.schemas.RequestState;
import io.digflink.schemas.codec.RegisteredSchema;
import io.digflink.schemas.registry.SchemaRegistry;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import org.apache.flink.api.common.TaskInfo;
import org.apache.flink.api.common.operators.MailboxExecutor;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.typeutils.base.LongSerializer;
import org.apache.flink.api.common.typeutils.base.array.BytePrimitiveArraySerializer;
import org.apache.flink.metrics.Gauge;
import org.apache.flink.runtime.checkpoint.CheckpointOptions;
import org.apache.flink.runtime.state.CheckpointStreamFactory;
import org.apache.flink.runtime.state.StateInitializationContext;
import org.apache.flink.runtime.state.StateSnapshotContext;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.BoundedOneInput;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.api.operators.OperatorSnapshotFutures;
import org.apache.flink.streaming.api.operators.StreamOperatorParameters;
import org.apache.flink.streaming.api.operators.util.SimpleVersionedListState;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;

/**
 * Cuts the requests that can be served into portions; everything else becomes a reject. A record
 * whose schema the registry has to be asked for waits, and those behind it with it, while the task
 * goes on with what else it has. Nothing is emitted after the snapshot of a stop-with-savepoint. A
 * record without a value cancels the request that its key names.
 */
final class AdmitOperator extends AbstractStreamOperator<QueueItem>
    implements OneInputStreamOperator<IncomingRecord, QueueItem>, BoundedOneInput {
  private static final long serialVersionUID = 1L;
  private static final int LONGEST_ID_REPEATED = 256;

  private final transient ModelSettings models;
  private final transient Limits limits;
  private final transient MailboxExecutor mailbox;
  private final transient SavepointStop stop = new SavepointStop();
  private final transient SenderRoom room;
  private final transient WriterSchemas schemas;
  private final transient RequestReader reader;
  private final transient RegistryQuestions questions;
  private final transient Deque<IncomingRecord> waiting = new ArrayDeque<>();
  private transient ListState<IncomingRecord> waitingState;
  private transient ListState<Long> sentState;
  private transient PortionCutter cutter;
  private transient ServedBundles bundles;
  private transient Bundles checked;
  private transient RequestCheck check;
  private transient RejectCounters rejects;

  AdmitOperator(
      StreamOperatorParameters<QueueItem> parameters,
      ModelSettings models,
      Limits limits,
      String registryUrl) {
    super(parameters);
    this.models = models;
    this.limits = limits;
    this.mailbox = parameters.getMailboxExecutor();
    this.room = new SenderRoom(this, parameters);
    SchemaRegistry registry = registryUrl == null ? null : new SchemaRegistry(registryUrl);
    this.schemas = registry == null ? null : new WriterSchemas(registry.toString());
    this.reader = new RequestReader(schemas);
    this.questions =
        registry == null ? null : new RegistryQuestions(registry, mailbox, this::answered);
  }

  @Override
  public void initializeState(StateInitializationContext context) throws Exception {
    super.initializeState(context);
    waitingState =
        new SimpleVersionedListState<>(
            context
                .getOperatorStateStore()
                .getListState(
                    new ListStateDescriptor<>(
                        "records-waiting", BytePrimitiveArraySerializer.INSTANCE)),
            new IncomingRecordSerializer());
    waitingState.get().forEach(waiting::add);
    sentState =
        context
            .getOperatorStateStore()
            .getListState(new ListStateDescriptor<>("portions-sent", LongSerializer.INSTANCE));
    for (long sent : sentState.get()) {
      room.restore(sent);
    }
  }

  @Override
  public void open() throws Exception {
    super.open();
    TaskInfo task = getRuntimeContext().getTaskInfo();
    // Those of Denoise, too, unless somebody scales it alone.
    cutter =
        new PortionCutter(
            task.getNumberOfParallelSubtasks(),
            task.getIndexOfThisSubtask(),
            task.getMaxNumberOfParallelSubtasks());
    bundles = ServedBundles.open(models);
    rejects = new RejectCounters(getMetricGroup());
    getMetricGroup().gauge("recordsWaitingForRegistry", (Gauge<Integer>) waiting::size);
    // Behind the source's own in the same vertex: autoscalers add the two, as what is not done yet.
    getMetricGroup().gauge("pendingRecords", (Gauge<Double>) room::requestsWaiting);
    updateRoom();
    // Restored records go on as soon as the task runs; nothing may be emitted before.
    mailbox.execute(this::proceed, "First records");
  }

  @Override
  public void processElement(StreamRecord<IncomingRecord> element) throws Exception {
    waiting.add(element.getValue());
    proceed();
  }

  private void answered(int id, Optional<RegisteredSchema> schema) throws Exception {
    schemas.learn(id, schema);
    proceed();
  }

  /** Admits what need not wait. */
  private void proceed() {
    while (!waiting.isEmpty() && !stop.isStopping()) {
      IncomingRecord next = waiting.peek();
      Optional<Integer> missing =
          next.isTombstone() || isTooLarge(next)
              ? Optional.empty()
              : reader.missingSchema(next.value());
      if (missing.isPresent()) {
        questions.ask(missing.get());
        break;
      }
      admit(waiting.remove());
    }
    updateRoom();
  }

  private void updateRoom() {
    room.update(waiting.isEmpty());
  }

  private void admit(IncomingRecord record) {
    if (record.isTombstone()) {
      output.collect(SideOutputs.CANCELLED, new StreamRecord<>(QueueItem.cancelled(record)));
      return;
    }
    long now = getProcessingTimeService().getCurrentProcessingTime();
    String requestId = null;
    try {
      GenerationRequest request = read(record);
      requestId = request.getRequestId();
      AdmittedRequest admitted = check().admit(request, record, now);
      if (admitted.isExpired(now)) {
        output.collect(
            SideOutputs.PROGRESS,
            new StreamRecord<>(
                new Answer<>(
                    ProgressRecords.of(
                        requestId, RequestState.EXPIRED, admitted.images(), 0, now, 0),
                    record.headers())));
        throw RejectRecords.expired(request.getDeadline(), now);
      }
      String digest = checked.find(request.getModel()).orElseThrow().digest();
      cutter.cut(admitted, digest, this::send);
    } catch (RejectException e) {
      rejects.count(e.reason());
      String id = requestId == null ? e.requestId() : requestId;
      output.collect(
          SideOutputs.REJECTED,
          new StreamRecord<>(
              new Answer<>(
                  RejectRecords.of(e, shortened(id), record.value(), record.source(), now),
                  record.headers())));
    }
  }

  private void send(QueueItem item) {
    output.collect(new StreamRecord<>(item));
    room.countSent();
  }

  /** The check against the models that are served now. */
  private RequestCheck check() {
    Bundles now = bundles.now();
    if (now != checked) {
      checked = now;
      check = new RequestCheck(now.manifests(), limits);
    }
    return check;
  }

  private boolean isTooLarge(IncomingRecord record) {
    return record.value().length > limits.requestBytes();
  }

  private GenerationRequest read(IncomingRecord record) throws RejectException {
    if (isTooLarge(record)) {
      throw RejectException.of(
          RejectReason.TOO_LARGE,
          String.format(
              "The record has %d bytes; allowed: at most %d",
              record.value().length, limits.requestBytes()));
    }
    return reader.read(record.value());
  }

  /** An id that is too long is not repeated as a whole: the original bytes have it. */
  private static String shortened(String requestId) {
    return requestId == null || requestId.length() <= LONGEST_ID_REPEATED
        ? requestId
        : requestId.substring(0, LONGEST_ID_REPEATED);
  }

  @Override
  public void endInput() throws Exception {
    while (!waiting.isEmpty()) {
      mailbox.yield();
    }
  }

  @Override
  public OperatorSnapshotFutures snapshotState(
      long checkpointId,
      long timestamp,
      CheckpointOptions checkpointOptions,
      CheckpointStreamFactory factory)
      throws Exception {
    stop.onSnapshot(checkpointId, checkpointOptions);
    return super.snapshotState(checkpointId, timestamp, checkpointOptions, factory);
  }

  @Override
  public void snapshotState(StateSnapshotContext context) throws Exception {
    super.snapshotState(context);
    waitingState.update(List.copyOf(waiting));
    sentState.update(List.of(room.sent()));
  }

  @Override
  public void notifyCheckpointAborted(long checkpointId) throws Exception {
    super.notifyCheckpointAborted(checkpointId);
    if (stop.onAbort(checkpointId)) {
      proceed();
    }
  }

  @Override
  public void close() throws Exception {
    room.leave();
    if (questions != null) {
      questions.close();
    }
    if (bundles != null) {
      bundles.close();
    }
    super.close();
  }
}
