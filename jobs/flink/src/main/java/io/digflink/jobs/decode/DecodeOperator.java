package io.digflink.jobs.decode;

import io.digflink.jobs.denoise.DenoisedImage;
import io.digflink.jobs.device.DeviceOperator;
import io.digflink.jobs.device.FailureStreak;
import io.digflink.jobs.model.ModelSettings;
import io.digflink.jobs.model.ServedModels;
import io.digflink.jobs.request.ProgressRecords;
import io.digflink.jobs.request.RejectCounters;
import io.digflink.jobs.request.RejectException;
import io.digflink.jobs.request.RejectRecords;
import io.digflink.jobs.request.SideOutputs;
import io.digflink.runtime.model.ModelBundle;
import io.digflink.runtime.session.DecoderSession;
import io.digflink.runtime.session.SessionException;
import io.digflink.schemas.GeneratedImage;
import io.digflink.schemas.RejectReason;
import io.digflink.schemas.RequestState;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.Callable;
import org.apache.flink.api.common.TaskInfo;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.typeutils.base.array.BytePrimitiveArraySerializer;
import org.apache.flink.runtime.state.KeyGroupRangeAssignment;
import org.apache.flink.runtime.state.StateInitializationContext;
import org.apache.flink.streaming.api.operators.StreamOperatorParameters;
import org.apache.flink.streaming.api.operators.util.SimpleVersionedListState;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;

/**
 * Decodes latents in micro-batches and encodes the images, in the order in which they come. Its
 * input is keyed by request, and so is what it restores: the order within a request outlives a
 * rescale.
 */
final class DecodeOperator extends DeviceOperator<DenoisedImage, GeneratedImage> {
  private static final long serialVersionUID = 1L;

  private final transient DecodeSettings settings;
  private final transient ModelSettings modelSettings;
  private final transient Deque<Waiting> waiting = new ArrayDeque<>();
  private final transient ClaimCheck claimCheck;
  private final transient FailureStreak streak;
  private transient ListState<DenoisedImage> state;
  private transient ServedModels models;
  private transient DecodeMetrics metrics;
  private transient RejectCounters rejects;
  private transient DecodeRun run;
  private transient int batchLimit;

  // The first of those that wait, whose run has failed: they go alone.
  private transient int suspects;

  // Runs of the first of them, alone, that have failed.
  private transient int failedAlone;

  private record Waiting(DenoisedImage image, long sequence) {}

  DecodeOperator(
      StreamOperatorParameters<GeneratedImage> parameters,
      DecodeSettings settings,
      ModelSettings modelSettings) {
    super(parameters);
    this.settings = settings;
    this.modelSettings = modelSettings;
    this.claimCheck = new ClaimCheck(settings);
    this.streak = new FailureStreak(settings.longestFailureStreak());
    this.batchLimit = settings.maxBatch();
  }

  @Override
  public void initializeState(StateInitializationContext context) throws Exception {
    super.initializeState(context);
    models = new ServedModels(modelSettings);
    state =
        new SimpleVersionedListState<>(
            context
                .getOperatorStateStore()
                .getUnionListState(
                    new ListStateDescriptor<>(
                        "latents-waiting", BytePrimitiveArraySerializer.INSTANCE)),
            new DenoisedImageSerializer());
    for (DenoisedImage image : state.get()) {
      if (isOurs(image)) {
        accept(image, nextSequence());
      }
    }
  }

  private boolean isOurs(DenoisedImage image) {
    TaskInfo task = getRuntimeContext().getTaskInfo();
    return KeyGroupRangeAssignment.assignKeyToParallelOperator(
            image.request().id(),
            task.getMaxNumberOfParallelSubtasks(),
            task.getNumberOfParallelSubtasks())
        == task.getIndexOfThisSubtask();
  }

  @Override
  public void open() throws Exception {
    metrics = new DecodeMetrics(getMetricGroup());
    rejects = new RejectCounters(getMetricGroup());
    for (ModelBundle bundle : models.bundles()) {
      models.decoder(bundle.name());
    }
    super.open();
  }

  @Override
  protected void snapshotHeld() throws Exception {
    state.update(waiting.stream().map(Waiting::image).toList());
  }

  @Override
  protected boolean isFull() {
    // One batch under way and one that fills up meanwhile.
    return waiting.size() >= 2 * settings.maxBatch();
  }

  @Override
  protected void accept(DenoisedImage image, long sequence) {
    waiting.add(new Waiting(image, sequence));
  }

  @Override
  protected long oldestSequence() {
    return waiting.isEmpty() ? Long.MAX_VALUE : waiting.peek().sequence();
  }

  @Override
  protected Callable<Void> nextRun() throws Exception {
    metrics.observe(waiting.size());
    if (waiting.isEmpty()) {
      return null;
    }
    DenoisedImage first = waiting.peek().image();
    String model = first.request().request().getModel();
    DecoderSession session = models.decoder(model);
    int most = suspects > 0 ? 1 : session.batchSize(first.request().latent(), batchLimit);
    List<DenoisedImage> images = new ArrayList<>();
    for (Waiting next : waiting) {
      if (images.size() == most || !fitTogether(first, next.image())) {
        break;
      }
      images.add(next.image());
    }
    ModelBundle bundle = models.bundle(model);
    run = new DecodeRun(images, session, bundle, batchLimit, claimCheck, settings.imageMetadata());
    return run;
  }

  private static boolean fitTogether(DenoisedImage a, DenoisedImage b) {
    return a.request().request().getModel().equals(b.request().request().getModel())
        && a.request().latent().equals(b.request().latent());
  }

  @Override
  protected void emitFinished() throws SessionException {
    if (run == null) {
      return;
    }
    long now = getProcessingTimeService().getCurrentProcessingTime();
    metrics.ran(run);
    if (run.isOutOfMemory()) {
      shrink(now);
    } else if (run.failure() != null) {
      isolate(now);
    } else {
      streak.succeeded();
      cleared();
      for (int i = 0; i < run.images().size(); i++) {
        waiting.remove();
        emit(run.images().get(i), run.files().get(i), now);
      }
    }
    run = null;
  }

  private void emit(DenoisedImage image, ImageFile file, long now) {
    ModelBundle bundle = models.bundle(image.request().request().getModel());
    output.collect(new StreamRecord<>(ImageRecords.of(image, file, bundle, now)));
    int done = image.index() + 1;
    RequestState reached =
        done == image.request().images() ? RequestState.COMPLETED : RequestState.RUNNING;
    output.collect(
        SideOutputs.PROGRESS,
        new StreamRecord<>(ProgressRecords.of(image.request(), reached, done, now)));
    metrics.finished(now - image.request().admittedAt());
  }

  /** The first of those that wait is gone, one way or the other. */
  private void cleared() {
    suspects = Math.max(0, suspects - 1);
    failedAlone = 0;
  }

  private void isolate(long now) throws SessionException {
    streak.failed(run.failure());
    if (suspects == 0) {
      suspects = run.images().size();
      LOG.warn("Decoding {} latents failed: each again, alone", suspects);
      return;
    }
    failedAlone++;
    if (failedAlone < FailureStreak.TRIES_ALONE) {
      return;
    }
    rejectFirst(
        RejectRecords.runFailed("decoder", run.images().get(0).index(), run.failure()), now);
  }

  private void shrink(long now) {
    if (run.rows() > 1) {
      batchLimit = run.rows() / 2;
      LOG.warn(
          "The device has no memory to decode {} latents: from now on at most {}",
          run.rows(),
          batchLimit);
      return;
    }
    DenoisedImage image = run.images().get(0);
    rejectFirst(
        RejectException.of(
            RejectReason.OUT_OF_MEMORY,
            "The device has no memory to decode image "
                + image.index()
                + " of "
                + image.request().latent()
                + " latent cells: ask for a smaller size"),
        now);
  }

  private void rejectFirst(RejectException why, long now) {
    DenoisedImage image = waiting.remove().image();
    cleared();
    rejects.count(why.reason());
    output.collect(
        SideOutputs.REJECTED, new StreamRecord<>(RejectRecords.of(why, image.request(), now)));
  }

  @Override
  protected void closeDevice() {
    if (models != null) {
      models.close();
    }
  }
}
