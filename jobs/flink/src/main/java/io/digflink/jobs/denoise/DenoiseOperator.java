package io.digflink.jobs.denoise;

import io.digflink.jobs.device.BatchKey;
import io.digflink.jobs.device.DeviceBinding;
import io.digflink.jobs.device.DeviceMetrics;
import io.digflink.jobs.device.DeviceRunOperator;
import io.digflink.jobs.device.FailedRunPolicy;
import io.digflink.jobs.device.RunRejects;
import io.digflink.jobs.model.ModelSettings;
import io.digflink.jobs.model.ServedModels;
import io.digflink.jobs.request.AdmittedRequest;
import io.digflink.jobs.request.Answer;
import io.digflink.jobs.request.RejectCounters;
import io.digflink.jobs.request.RejectException;
import io.digflink.jobs.request.RejectRecords;
import io.digflink.jobs.request.RequestNews;
import io.digflink.jobs.request.SideOutputs;
import io.digflink.runtime.model.ModelBundle;
import io.digflink.runtime.sampling.Diffusion;
import io.digflink.runtime.sampling.Trajectory;
import io.digflink.runtime.session.DenoiserSession;
import io.digflink.runtime.session.SessionException;
import io.digflink.schemas.RejectReason;
import io.digflink.schemas.RequestState;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.typeutils.base.array.BytePrimitiveArraySerializer;
import org.apache.flink.runtime.state.StateInitializationContext;
import org.apache.flink.streaming.api.operators.StreamOperatorParameters;
import org.apache.flink.streaming.api.operators.util.SimpleVersionedListState;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;

/**
 * Denoises the images of all requests that it holds, step after step, whatever their samplers,
 * steps, guidance, labels and seeds: an image joins at any step and leaves when it is done.
 */
final class DenoiseOperator extends DeviceRunOperator<AdmittedRequest, Handover, DenoiseRun> {
  private static final long serialVersionUID = 1L;

  private final transient DenoiseSettings settings;
  private final transient ModelSettings modelSettings;
  private final transient StepBatcher batcher;
  private final transient RowBatches batches;
  private final transient OpenModelsFirst turns;
  private final transient FailedRunPolicy<ImageInFlight> policy;
  private final transient List<Unservable> unservable = new ArrayList<>();
  private transient InFlight inFlight;
  private transient ListState<HeldRequest> state;
  private transient DeviceBinding binding;
  private transient ServedModels<DenoiserSession> models;
  private transient DenoiseMetrics metrics;
  private transient DeviceMetrics deviceMetrics;
  private transient RejectCounters rejects;

  /** A restored request that cannot be served any more. */
  private record Unservable(AdmittedRequest request, int imagesDone, RejectException why) {}

  DenoiseOperator(
      StreamOperatorParameters<Handover> parameters,
      DenoiseSettings settings,
      ModelSettings modelSettings) {
    super(parameters, modelSettings.longestRun());
    this.settings = settings;
    this.modelSettings = modelSettings;
    this.policy = new FailedRunPolicy<>(this::maxRows, settings.longestFailureStreak());
    this.batcher = new StepBatcher(policy);
    this.batches = new RowBatches(this::maxRows);
    this.turns = new OpenModelsFirst(key -> models.isOpen(key.digest()));
  }

  @Override
  public void initializeState(StateInitializationContext context) throws Exception {
    super.initializeState(context);
    binding = DeviceBinding.bind("Denoise", modelSettings.device(), getRuntimeContext());
    models = ServedModels.denoisers(modelSettings, binding.device(), settings.maxBatchRows());
    inFlight = new InFlight(settings.placesOn(binding.device()));
    state =
        new SimpleVersionedListState<>(
            context
                .getOperatorStateStore()
                .getListState(
                    new ListStateDescriptor<>(
                        "requests-in-flight", BytePrimitiveArraySerializer.INSTANCE)),
            new HeldRequestSerializer());
    HeldRequests held = new HeldRequests(models);
    for (HeldRequest request : state.get()) {
      try {
        inFlight.add(held.restore(request, nextSequence()));
      } catch (RejectException e) {
        unservable.add(new Unservable(request.admitted(), request.firstIndex(), e));
      }
    }
  }

  @Override
  public void open() throws Exception {
    metrics = new DenoiseMetrics(getMetricGroup());
    deviceMetrics = new DeviceMetrics(getMetricGroup(), binding.device(), models);
    rejects = new RejectCounters(getMetricGroup());
    models.open();
    dropUnusable();
    super.open();
  }

  private int maxRows(BatchKey key) {
    return models.rows(key.digest(), key.latent());
  }

  /** A bundle that is not in the directory any more may not run here. */
  private void dropUnusable() {
    for (RequestInFlight request : List.copyOf(inFlight.requests())) {
      try {
        if (request.bundle() != null) {
          models.session(request.bundle());
        }
      } catch (SessionException e) {
        LOG.warn("Request {} cannot go on", request.admitted().id(), e);
        String model = request.admitted().request().getModel();
        unservable.add(
            new Unservable(
                request.admitted(),
                request.begun() - request.images().size(),
                RejectRecords.modelGone(model)));
        drop(request);
      }
    }
  }

  @Override
  protected void snapshotHeld() throws Exception {
    HeldRequests held = new HeldRequests(models);
    List<HeldRequest> all = new ArrayList<>();
    for (RequestInFlight request : inFlight.requests()) {
      all.add(held.snapshot(request));
    }
    state.update(all);
  }

  @Override
  protected boolean isFull() {
    return inFlight.waiting() >= settings.maxWaiting();
  }

  @Override
  protected void accept(AdmittedRequest request, long sequence) {
    tell(RequestNews.of(request, RequestState.ADMITTED, request.admittedAt()));
    inFlight.add(new RequestInFlight(request, sequence, 0));
    begin();
  }

  @Override
  protected long oldestSequence() {
    if (!unservable.isEmpty()) {
      return 0; // they were held before everything else
    }
    return inFlight.requests().isEmpty() ? Long.MAX_VALUE : inFlight.requests().get(0).sequence();
  }

  @Override
  protected DenoiseRun nextRun() throws Exception {
    begin();
    metrics.observe(inFlight);
    List<ImageInFlight> images = batcher.choose(turns.choose(inFlight.stepping(), now()));
    if (images.isEmpty()) {
      return null;
    }
    BatchKey key = images.get(0).request().key();
    ModelBundle bundle = images.get(0).request().bundle();
    DenoiserSession session = models.session(bundle);
    return new DenoiseRun(key, images, batches.of(key, bundle.diffusion()), session);
  }

  private void begin() {
    long now = now();
    RequestInFlight request;
    while ((request = inFlight.nextToBegin()) != null) {
      if (request.bundle() == null && !bind(request, now)) {
        continue;
      }
      if (request.begun() == 0) {
        tell(RequestNews.of(request.admitted(), RequestState.RUNNING, now));
      }
      int index = request.beginNext();
      Diffusion diffusion = request.bundle().diffusion();
      inFlight.begin(new ImageInFlight(request, index, diffusion.begin(request.spec(index)), now));
      metrics.begun(now - request.admitted().admittedAt());
    }
  }

  /** Whether the request can begin; otherwise it is rejected. */
  private boolean bind(RequestInFlight request, long now) {
    AdmittedRequest admitted = request.admitted();
    try {
      new HeldRequests(models).bind(request);
      models.session(request.bundle());
      return true;
    } catch (RejectException e) {
      reject(admitted, drop(request), e, now);
    } catch (SessionException e) {
      LOG.warn("Request {} cannot begin", admitted.id(), e);
      String model = admitted.request().getModel();
      reject(admitted, drop(request), RejectRecords.modelGone(model), now);
    }
    return false;
  }

  @Override
  protected void takeIn(DenoiseRun run) throws SessionException {
    metrics.ran(run);
    deviceMetrics.ran(run);
    long now = now();
    switch (policy.judge(run, now)) {
      case TAKE -> inFlight.stepped(run.images());
      case RETRY -> {}
      case REJECT -> {
        ImageInFlight image = run.images().get(0);
        int done = drop(image.request());
        reject(image.request().admitted(), done, RunRejects.failed(run, image.index()), now);
      }
    }
  }

  /**
   * Drops a request.
   *
   * @return how many of its images were done
   */
  private int drop(RequestInFlight request) {
    int done = request.begun() - request.images().size();
    policy.forget(request.images());
    inFlight.drop(request);
    return done;
  }

  @Override
  protected void emitLeaving() {
    long now = now();
    emitEnded(now);
    for (Unservable restored : unservable) {
      reject(restored.request(), restored.imagesDone(), restored.why(), now);
    }
    unservable.clear();
    rejectExpired(now);
  }

  private void emitEnded(long now) {
    for (ImageInFlight image : inFlight.takeEnded()) {
      AdmittedRequest request = image.request().admitted();
      RequestNews end =
          image.index() + 1 == request.images()
              ? RequestNews.end(request, RequestState.COMPLETED, request.images(), now)
              : null;
      if (image.trajectory().isFinite()) {
        String digest = image.request().bundle().digest();
        output.collect(new StreamRecord<>(new Handover(image.toDenoised(digest, now), end)));
        metrics.finished();
        deviceMetrics.finished(digest);
      } else {
        tell(RequestNews.imageFailed(request, notFinite(image), now));
        if (end != null) {
          tell(end);
        }
      }
    }
  }

  private static RejectException notFinite(ImageInFlight image) {
    Trajectory trajectory = image.trajectory();
    String where = "denoiser, step " + trajectory.stepsDone() + " of " + trajectory.spec().steps();
    return RunRejects.notFinite(where, image.request().key().model(), image.index());
  }

  private void rejectExpired(long now) {
    for (RequestInFlight request : List.copyOf(inFlight.requests())) {
      AdmittedRequest admitted = request.admitted();
      if (admitted.isExpired(now)) {
        int done = drop(request);
        reject(admitted, done, RejectRecords.expired(admitted, done, now), now);
      }
    }
  }

  private void reject(AdmittedRequest request, int imagesDone, RejectException why, long now) {
    rejects.count(why.reason());
    output.collect(
        SideOutputs.REJECTED,
        new StreamRecord<>(new Answer<>(RejectRecords.of(why, request, now), request.headers())));
    RequestState state =
        why.reason() == RejectReason.DEADLINE_EXCEEDED
            ? RequestState.EXPIRED
            : RequestState.REJECTED;
    tell(RequestNews.end(request, state, imagesDone, now));
  }

  private void tell(RequestNews news) {
    output.collect(new StreamRecord<>(new Handover(null, news)));
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
  }
}
