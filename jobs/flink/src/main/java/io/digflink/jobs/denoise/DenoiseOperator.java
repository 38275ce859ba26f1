package io.digflink.jobs.denoise;

import io.digflink.jobs.device.BatchKey;
import io.digflink.jobs.device.DeviceBinding;
import io.digflink.jobs.device.DeviceMetrics;
import io.digflink.jobs.device.DeviceRunOperator;
import io.digflink.jobs.device.FailedRunPolicy;
import io.digflink.jobs.device.RunRejects;
import io.digflink.jobs.kafka.PreviewTopic;
import io.digflink.jobs.model.ModelSettings;
import io.digflink.jobs.model.ServedModels;
import io.digflink.jobs.request.Portion;
import io.digflink.jobs.request.QueueItem;
import io.digflink.jobs.request.RejectException;
import io.digflink.jobs.request.RejectRecords;
import io.digflink.jobs.request.RequestEvent;
import io.digflink.jobs.request.SideOutputs;
import io.digflink.jobs.room.HolderRoom;
import io.digflink.runtime.model.ModelBundle;
import io.digflink.runtime.sampling.Trajectory;
import io.digflink.runtime.session.DenoiserSession;
import io.digflink.runtime.session.SessionException;
import io.digflink.schemas.RequestState;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.apache.flink.runtime.state.StateInitializationContext;
import org.apache.flink.streaming.api.operators.StreamOperatorParameters;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;

/**
 * Denoises the images of all portions that it holds, step after step, whatever their samplers,
 * steps, guidance, labels and seeds: an image joins at any step and leaves when it is done.
 */
final class DenoiseOperator extends DeviceRunOperator<QueueItem, Handover, DenoiseRun> {
  private static final long serialVersionUID = 1L;
  private static final long JUDGE_DEADLINES_EVERY_MILLIS = 50;

  private final transient DenoiseSettings settings;
  private final transient ModelSettings modelSettings;
  private final transient PreviewTopic previewTopic;
  private final transient StepBatcher batcher;
  private final transient RowBatches batches;
  private final transient OpenModelsFirst turns;
  private final transient FailedRunPolicy<ImageInFlight> policy;
  private final transient Pace pace = new Pace();
  private final transient Deadlines deadlines = new Deadlines(pace);
  private final transient Cancellations cancellations;
  private final transient HolderRoom room;
  private final transient BatchWait batchWait;
  private final transient List<Unservable> unservable = new ArrayList<>();
  private final transient List<HeldPortion> uncounted = new ArrayList<>();
  private transient InFlight inFlight;
  private transient DenoiseState state;
  private transient DeviceBinding binding;
  private transient ServedModels<DenoiserSession> models;
  private transient HeldPortions held;
  private transient DenoiseMetrics metrics;
  private transient DeviceMetrics deviceMetrics;
  private transient Previews previews;
  private transient long deadlinesJudgedAt;

  /**
   * A portion that cannot be served any more.
   *
   * @param left images of it that have not left
   */
  private record Unservable(Portion portion, int left, RejectException why) {}

  DenoiseOperator(
      StreamOperatorParameters<Handover> parameters,
      DenoiseSettings settings,
      ModelSettings modelSettings,
      PreviewTopic previewTopic) {
    super(parameters, modelSettings.longestRun());
    this.settings = settings;
    this.modelSettings = modelSettings;
    this.previewTopic = previewTopic;
    this.batchWait = new BatchWait(settings.batchWait());
    this.policy = new FailedRunPolicy<>(this::maxRows, settings.longestFailureStreak());
    this.batcher = new StepBatcher(policy);
    this.batches = new RowBatches(this::maxRows);
    this.turns = new OpenModelsFirst(key -> models.isOpen(key.digest()));
    this.cancellations = new Cancellations(settings.rememberCancelled());
    this.room = new HolderRoom(parameters);
  }

  @Override
  public void initializeState(StateInitializationContext context) throws Exception {
    super.initializeState(context);
    binding = DeviceBinding.bind("Denoise", modelSettings.device(), getRuntimeContext());
    models = ServedModels.denoisers(modelSettings, binding.device(), settings.maxBatchRows());
    held = new HeldPortions(models);
    inFlight =
        new InFlight(
            settings.placesOn(binding.device()), settings.placesOfTenantOn(binding.device()));
    state = new DenoiseState(context.getOperatorStateStore());
    room.restore(state.received());
    state.restore(cancellations, now());
    for (HeldPortion portion : state.portions()) {
      if (portion.original() != null) {
        uncounted.add(portion);
      }
      try {
        inFlight.add(held.restore(portion, nextSequence()));
      } catch (RejectException e) {
        unservable.add(new Unservable(portion.portion(), portion.left(), e));
      }
    }
  }

  @Override
  public void open() throws Exception {
    metrics = new DenoiseMetrics(getMetricGroup());
    deviceMetrics = new DeviceMetrics(getMetricGroup(), binding.device(), models);
    previews = new Previews(previewTopic, getMetricGroup());
    models.open();
    for (PortionInFlight portion : List.copyOf(inFlight.portions())) {
      if (!canRun(portion)) {
        unservable.add(new Unservable(portion.portion(), portion.left(), modelGone(portion)));
        forget(portion);
      }
    }
    super.open();
  }

  private int maxRows(BatchKey key) {
    return models.rows(key.digest(), key.latent());
  }

  /** A bundle that is not in the directory any more may not run here. */
  private boolean canRun(PortionInFlight portion) {
    try {
      models.session(portion.bundle());
      return true;
    } catch (SessionException e) {
      LOG.warn("Request {} cannot be served", portion.portion().requestId(), e);
      return false;
    }
  }

  private static RejectException modelGone(PortionInFlight portion) {
    return RejectRecords.modelGone(portion.portion().request().getModel());
  }

  @Override
  protected void snapshotHeld() throws Exception {
    List<HeldPortion> all = new ArrayList<>();
    for (PortionInFlight portion : inFlight.portions()) {
      all.add(held.snapshot(portion));
    }
    state.update(all, room.received(), cancellations);
  }

  @Override
  protected boolean isFull() {
    return inFlight.waiting() >= settings.maxWaiting() + settings.maxUnderWay();
  }

  @Override
  protected void heldChanged() {
    room.update(
        inFlight.waiting() < settings.maxWaiting(),
        inFlight.portions().isEmpty() && unservable.isEmpty(),
        inFlight::requestsWaiting);
  }

  @Override
  protected void accept(QueueItem item, long sequence) {
    if (item.isOfARecord()) {
      room.countReceived();
    }
    if (item.cancelled() != null) {
      cancel(item.cancelled(), item.cancelledAt());
    } else if (item.portion() != null) {
      accept(item.portion(), sequence);
    }
  }

  private void accept(Portion portion, long sequence) {
    long now = now();
    PortionInFlight taken;
    try {
      taken = held.take(portion, sequence);
    } catch (RejectException e) {
      tell(RequestEvent.dropped(portion, portion.size(), RequestState.REJECTED, e, now));
      return;
    }
    inFlight.add(taken);
    tell(RequestEvent.accepted(portion, deadlines.expectedAt(inFlight, taken, now), now));
    if (cancellations.contains(portion.requestId(), now)) {
      drop(taken, RequestState.CANCELLED, null, now);
      return;
    }
    begin();
  }

  private void cancel(String requestId, long at) {
    long now = now();
    cancellations.add(requestId, at, now);
    metrics.cancelled();
    List<PortionInFlight> cancelled =
        inFlight.portions().stream()
            .filter(portion -> portion.portion().requestId().equals(requestId))
            .toList();
    cancelled.forEach(portion -> drop(portion, RequestState.CANCELLED, null, now));
  }

  @Override
  protected long oldestSequence() {
    if (!unservable.isEmpty()) {
      return 0; // they were held before everything else
    }
    return inFlight.portions().isEmpty()
        ? Long.MAX_VALUE
        : inFlight.portions().iterator().next().sequence();
  }

  @Override
  protected DenoiseRun nextRun() throws Exception {
    begin();
    metrics.observe(inFlight);
    long now = now();
    inFlight.shareTurns(image -> deadlines.due(image, now));
    List<ImageInFlight> images = batcher.choose(turns.choose(inFlight.stepping(), now));
    if (images.isEmpty()) {
      return null;
    }
    BatchKey key = images.get(0).portion().key();
    OptionalLong later = batchWait.until(images, policy.limit(key), now);
    if (later.isPresent()) {
      proceedAt(later.getAsLong());
      return null;
    }
    ModelBundle bundle = images.get(0).portion().bundle();
    DenoiserSession session = models.session(bundle);
    List<ImageInFlight> shown = images.stream().filter(previews::isDue).toList();
    return new DenoiseRun(key, images, batches.of(key, bundle.diffusion()), session, shown);
  }

  private void begin() {
    long now = now();
    PortionInFlight portion;
    while ((portion = inFlight.nextToBegin(flow -> deadlines.slack(flow, now))) != null) {
      if (portion.isUntouched()) {
        if (!canRun(portion)) {
          drop(portion, RequestState.REJECTED, modelGone(portion), now);
          continue;
        }
        tell(RequestEvent.begun(portion.portion(), now));
      }
      int index = portion.beginNext();
      Trajectory trajectory = portion.bundle().diffusion().begin(portion.portion().spec(index));
      inFlight.begin(new ImageInFlight(portion, index, trajectory, now));
      metrics.begun(portion.portion(), now);
    }
  }

  @Override
  protected void takeIn(DenoiseRun run) throws SessionException {
    metrics.ran(run);
    deviceMetrics.ran(run);
    long now = now();
    switch (policy.judge(run, now)) {
      case TAKE -> {
        pace.ran(run);
        inFlight.stepped(run.images());
        run.predictions().forEach(previews::offer);
      }
      case RETRY -> {}
      case REJECT -> {
        ImageInFlight image = run.images().get(0);
        RejectException why = RunRejects.failed(run, image.index());
        drop(image.portion(), RequestState.REJECTED, why, now);
      }
    }
  }

  /** Gives up what has not left of a portion. */
  private void drop(PortionInFlight portion, RequestState state, RejectException why, long now) {
    int left = portion.left();
    forget(portion);
    metrics.dropped(state, left);
    tell(RequestEvent.dropped(portion.portion(), left, state, why, now));
  }

  private void forget(PortionInFlight portion) {
    policy.forget(portion.images());
    inFlight.drop(portion);
  }

  @Override
  protected void emitLeaving() {
    long now = now();
    for (HeldPortion earlier : uncounted) {
      RequestState known = earlier.next() == 0 ? RequestState.ADMITTED : RequestState.RUNNING;
      tell(RequestEvent.reopened(earlier.portion(), known, earlier.original(), now));
      int handedOver = earlier.portion().size() - earlier.left();
      tell(RequestEvent.handedOver(earlier.portion(), handedOver, now));
    }
    uncounted.clear();
    emitEnded(now);
    for (Unservable restored : unservable) {
      tell(
          RequestEvent.dropped(
              restored.portion(), restored.left(), RequestState.REJECTED, restored.why(), now));
    }
    unservable.clear();
    if (now - deadlinesJudgedAt >= JUDGE_DEADLINES_EVERY_MILLIS) {
      deadlinesJudgedAt = now;
      for (Deadlines.Late late : deadlines.late(inFlight, now)) {
        drop(late.portion(), RequestState.EXPIRED, late.why(), now);
      }
    }
  }

  private void emitEnded(long now) {
    for (ImageInFlight image : inFlight.takeEnded()) {
      PortionInFlight portion = image.portion();
      if (image.trajectory().isFinite()) {
        String digest = portion.bundle().digest();
        String key = portion.portion().key();
        output.collect(new StreamRecord<>(new Handover(image.toDenoised(digest, now), key)));
        metrics.finished();
        deviceMetrics.finished(digest);
      } else {
        tell(RequestEvent.failed(portion.portion(), 1, notFinite(image), now));
      }
    }
  }

  private static RejectException notFinite(ImageInFlight image) {
    Trajectory trajectory = image.trajectory();
    String where = "denoiser, step " + trajectory.stepsDone() + " of " + trajectory.spec().steps();
    return RunRejects.notFinite(where, image.portion().key().model(), image.index());
  }

  private void tell(RequestEvent event) {
    output.collect(SideOutputs.EVENTS, new StreamRecord<>(event));
  }

  private long now() {
    return getProcessingTimeService().getCurrentProcessingTime();
  }

  @Override
  protected void closeDevice() {
    if (models != null) {
      models.close();
    }
    if (binding != null) {
      binding.close();
    }
    if (previews != null) {
      previews.close();
    }
  }
}
