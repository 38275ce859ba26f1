package io.digflink.jobs.decode;

import io.digflink.jobs.denoise.DenoisedImage;
import io.digflink.jobs.device.BatchKey;
import io.digflink.jobs.device.DeviceRunOperator;
import io.digflink.jobs.device.FailedRunPolicy;
import io.digflink.jobs.device.RunRejects;
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
import io.digflink.schemas.RequestState;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
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
 * Decodes latents in micro-batches and encodes the images, in the order in which they arrive. Its
 * input is keyed by request, and so is the state it restores: the order within a request survives a
 * change of parallelism.
 */
final class DecodeOperator extends DeviceRunOperator<DenoisedImage, GeneratedImage, DecodeRun> {
  private static final long serialVersionUID = 1L;

  private final transient DecodeSettings settings;
  private final transient ModelSettings modelSettings;
  private final transient Deque<Waiting> waiting = new ArrayDeque<>();
  private final transient ClaimCheck claimCheck;
  private final transient FailedRunPolicy<DenoisedImage> policy;
  private transient ListState<DenoisedImage> state;
  private transient ServedModels models;
  private transient DecodeMetrics metrics;
  private transient RejectCounters rejects;

  private record Waiting(DenoisedImage image, long sequence) {}

  DecodeOperator(
      StreamOperatorParameters<GeneratedImage> parameters,
      DecodeSettings settings,
      ModelSettings modelSettings) {
    super(parameters);
    this.settings = settings;
    this.modelSettings = modelSettings;
    this.claimCheck = new ClaimCheck(settings);
    this.policy = new FailedRunPolicy<>(settings.maxBatch(), settings.longestFailureStreak());
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
  protected DecodeRun nextRun() throws Exception {
    metrics.observe(waiting.size());
    if (waiting.isEmpty()) {
      return null;
    }
    BatchKey key = keyOf(waiting.peek().image());
    DecoderSession session = models.decoder(key.model());
    int limit = policy.limit(key);
    List<DenoisedImage> images = choose(key, session.batchSize(key.latent(), limit));
    int scale = models.bundle(key.model()).imageScale();
    return new DecodeRun(key, images, session, scale, limit, claimCheck);
  }

  /** The images that have waited longest, as far as they may share a run. */
  private List<DenoisedImage> choose(BatchKey key, int most) {
    List<DenoisedImage> images = new ArrayList<>();
    for (Waiting next : waiting) {
      DenoisedImage image = next.image();
      boolean suspect = policy.isSuspect(image);
      if (images.size() == most || !keyOf(image).equals(key) || suspect && !images.isEmpty()) {
        break;
      }
      images.add(image);
      if (suspect) {
        break;
      }
    }
    return images;
  }

  private static BatchKey keyOf(DenoisedImage image) {
    return new BatchKey(image.request().request().getModel(), image.request().latent());
  }

  /** The images of a run are the first of those that wait, and leave at once. */
  @Override
  protected void takeIn(DecodeRun run) throws SessionException {
    metrics.ran(run);
    long now = getProcessingTimeService().getCurrentProcessingTime();
    switch (policy.judge(run, now)) {
      case TAKE -> {
        for (int i = 0; i < run.images().size(); i++) {
          waiting.remove();
          emit(run.images().get(i), run.files().get(i), now);
        }
      }
      case RETRY -> {}
      case REJECT -> {
        DenoisedImage image = waiting.remove().image();
        reject(image, RunRejects.failed(run, image.index()), now);
      }
    }
  }

  @Override
  protected void emitLeaving() {
    // Images leave with their run.
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

  private void reject(DenoisedImage image, RejectException why, long now) {
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
