package io.digflink.jobs.denoise;

import io.digflink.jobs.device.BatchKey;
import io.digflink.jobs.device.DeviceRunOperator;
import io.digflink.jobs.device.FailedRunPolicy;
import io.digflink.jobs.device.RunRejects;
import io.digflink.jobs.model.ModelSettings;
import io.digflink.jobs.model.ServedModels;
import io.digflink.jobs.request.Portion;
import io.digflink.jobs.request.QueueItem;
import io.digflink.jobs.request.RejectException;
import io.digflink.jobs.request.RequestEvent;
import io.digflink.jobs.request.SideOutputs;
import io.digflink.jobs.room.HolderRoom;
import io.digflink.runtime.model.ModelBundle;
import io.digflink.runtime.sampling.Diffusion;
import io.digflink.runtime.sampling.Trajectory;
import io.digflink.runtime.session.Device;
import io.digflink.runtime.session.SessionException;
import io.digflink.schemas.RequestState;
import java.util.ArrayList;
import java.util.List;
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
  private final transient InFlight inFlight;
  private final transient StepBatcher batcher;
  private final transient RowBatches batches;
  private final transient FailedRunPolicy<ImageInFlight> policy;
  private final transient Pace pace = new Pace();
  private final transient Deadlines deadlines = new Deadlines(pace);
  private final transient Cancellations cancellations;
  private final transient HolderRoom room;
  private final transient List<Unservable> unservable = new ArrayList<>();
  private final transient List<HeldPortion> uncounted = new ArrayList<>();
  private transient DenoiseState state;
  private transient ServedModels models;
  private transient DenoiseMetrics metrics;
  private transient long deadlinesJudgedAt;

  /** A restored portion that cannot be served any more. */
  private record Unservable(HeldPortion held, RejectException why) {}

  DenoiseOperator(
      StreamOperatorParameters<Handover> parameters,
      DenoiseSettings settings,
      ModelSettings modelSettings) {
    super(parameters, modelSettings.longestRun());
    this.settings = settings;
    this.modelSettings = modelSettings;
    this.inFlight = new InFlight(settings.maxInFlight(), settings.placesOfTenant());
    int maxRows = settings.rowsOn(Device.of(modelSettings.device()));
    this.policy = new FailedRunPolicy<>(maxRows, settings.longestFailureStreak());
    this.batcher = new StepBatcher(policy);
    this.batches = new RowBatches(maxRows);
    this.cancellations = new Cancellations(settings.rememberCancelled());
    this.room = new HolderRoom(parameters);
  }

  @Override
  public void initializeState(StateInitializationContext context) throws Exception {
    super.initializeState(context);
    models = new ServedModels(modelSettings);
    state = new DenoiseState(context.getOperatorStateStore());
    room.restore(state.received());
    state.restore(cancellations, now());
    HeldPortions held = new HeldPortions(models);
    for (HeldPortion portion : state.portions()) {
      if (portion.original() != null) {
        uncounted.add(portion);
      }
      try {
        inFlight.add(held.restore(portion, nextSequence()));
      } catch (RejectException e) {
        unservable.add(new Unservable(portion, e));
      }
    }
  }

  @Override
  public void open() throws Exception {
    metrics = new DenoiseMetrics(getMetricGroup());
    // A model that cannot be loaded fails the job now, not at its first request.
    for (ModelBundle bundle : models.bundles()) {
      models.denoiser(bundle.name());
    }
    super.open();
  }

  @Override
  protected void snapshotHeld() throws Exception {
    HeldPortions held = new HeldPortions(models);
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
        inFlight.portions().isEmpty() && unservable.isEmpty());
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
    PortionInFlight taken = new PortionInFlight(portion, sequence, portion.from());
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
    List<ImageInFlight> images = batcher.choose(inFlight.stepping());
    if (images.isEmpty()) {
      return null;
    }
    BatchKey key = images.get(0).portion().key();
    Diffusion diffusion = models.bundle(key.model()).diffusion();
    return new DenoiseRun(key, images, batches.of(key, diffusion), models.denoiser(key.model()));
  }

  private void begin() {
    long now = now();
    PortionInFlight portion;
    while ((portion = inFlight.nextToBegin(flow -> deadlines.slack(flow, now))) != null) {
      if (portion.isUntouched()) {
        tell(RequestEvent.begun(portion.portion(), now));
      }
      int index = portion.beginNext();
      Diffusion diffusion = models.bundle(portion.key().model()).diffusion();
      Trajectory trajectory = diffusion.begin(portion.portion().spec(index));
      inFlight.begin(new ImageInFlight(portion, index, trajectory, now));
      metrics.begun(portion.portion(), now);
    }
  }

  @Override
  protected void takeIn(DenoiseRun run) throws SessionException {
    metrics.ran(run);
    long now = now();
    switch (policy.judge(run, now)) {
      case TAKE -> {
        pace.ran(run);
        inFlight.stepped(run.images());
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
    policy.forget(portion.images());
    inFlight.drop(portion);
    metrics.dropped(state, left);
    tell(RequestEvent.dropped(portion.portion(), left, state, why, now));
  }

  @Override
  protected void emitLeaving() {
    long now = now();
    for (HeldPortion held : uncounted) {
      RequestState known = held.next() == 0 ? RequestState.ADMITTED : RequestState.RUNNING;
      tell(RequestEvent.reopened(held.portion(), known, held.original(), now));
      int handedOver = held.portion().size() - held.left();
      tell(RequestEvent.handedOver(held.portion(), handedOver, now));
    }
    uncounted.clear();
    emitEnded(now);
    for (Unservable restored : unservable) {
      HeldPortion held = restored.held();
      tell(
          RequestEvent.dropped(
              held.portion(), held.left(), RequestState.REJECTED, restored.why(), now));
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
        String digest = models.bundle(portion.key().model()).digest();
        String key = portion.portion().key();
        output.collect(new StreamRecord<>(new Handover(image.toDenoised(digest, now), key)));
        metrics.finished();
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
  }
}
