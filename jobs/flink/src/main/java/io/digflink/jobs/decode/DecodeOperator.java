package io.digflink.jobs.decode;

import io.digflink.jobs.denoise.DenoisedImage;
import io.digflink.jobs.denoise.Handover;
import io.digflink.jobs.device.BatchKey;
import io.digflink.jobs.device.DeviceRunOperator;
import io.digflink.jobs.device.FailedRunPolicy;
import io.digflink.jobs.device.RunRejects;
import io.digflink.jobs.model.ModelSettings;
import io.digflink.jobs.model.ServedModels;
import io.digflink.jobs.request.Answer;
import io.digflink.jobs.request.ImageHeader;
import io.digflink.jobs.request.RejectException;
import io.digflink.jobs.request.RejectRecords;
import io.digflink.jobs.request.RequestEvent;
import io.digflink.jobs.request.SideOutputs;
import io.digflink.runtime.model.ModelBundle;
import io.digflink.runtime.session.DecoderSession;
import io.digflink.runtime.session.SessionException;
import io.digflink.schemas.GeneratedImage;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import org.apache.flink.api.common.TaskInfo;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.typeutils.base.array.BytePrimitiveArraySerializer;
import org.apache.flink.core.io.SimpleVersionedSerializer;
import org.apache.flink.runtime.state.KeyGroupRangeAssignment;
import org.apache.flink.runtime.state.StateInitializationContext;
import org.apache.flink.streaming.api.operators.StreamOperatorParameters;
import org.apache.flink.streaming.api.operators.util.SimpleVersionedListState;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;

/**
 * Decodes latents in micro-batches and encodes the images, in the order in which they arrive. Its
 * input is keyed by portion, and so is the state that it restores.
 */
final class DecodeOperator extends DeviceRunOperator<Handover, Answer<GeneratedImage>, DecodeRun> {
  private static final long serialVersionUID = 1L;

  private final transient DecodeSettings settings;
  private final transient ModelSettings modelSettings;
  private final transient Deque<Waiting> waiting = new ArrayDeque<>();
  private final transient ClaimCheck claimCheck;
  private final transient FailedRunPolicy<DenoisedImage> policy;
  private final transient EarlierState earlier = new EarlierState();
  private transient ListState<HeldLatent> waitingState;
  private transient ListState<FailedImages> failedState;
  private transient ServedModels models;
  private transient DecodeMetrics metrics;

  private record Waiting(DenoisedImage image, String key, long sequence) {}

  DecodeOperator(
      StreamOperatorParameters<Answer<GeneratedImage>> parameters,
      DecodeSettings settings,
      ModelSettings modelSettings) {
    super(parameters, modelSettings.longestRun());
    this.settings = settings;
    this.modelSettings = modelSettings;
    this.claimCheck = new ClaimCheck(settings);
    this.policy = new FailedRunPolicy<>(settings.maxBatch(), settings.longestFailureStreak());
  }

  @Override
  public void initializeState(StateInitializationContext context) throws Exception {
    super.initializeState(context);
    models = new ServedModels(modelSettings);
    waitingState = unionState(context, "latents-waiting", new HeldLatentSerializer());
    failedState = unionState(context, "failed-images", new FailedImagesSerializer());
    for (HeldLatent held : waitingState.get()) {
      if (isOurs(held.key())) {
        restore(held);
      }
    }
    for (FailedImages failed : failedState.get()) {
      if (isOurs(failed.requestId())) {
        earlier.failed(failed);
      }
    }
  }

  private void restore(HeldLatent held) {
    if (held.image() != null) {
      waiting.add(new Waiting(held.image(), held.key(), nextSequence()));
    }
    if (held.image() != null && held.isOfEarlierRelease()) {
      earlier.latent(held.image().header());
    }
    if (held.news() != null) {
      earlier.news(held.news());
    }
  }

  private static <T> ListState<T> unionState(
      StateInitializationContext context, String name, SimpleVersionedSerializer<T> serializer)
      throws Exception {
    return new SimpleVersionedListState<>(
        context
            .getOperatorStateStore()
            .getUnionListState(
                new ListStateDescriptor<>(name, BytePrimitiveArraySerializer.INSTANCE)),
        serializer);
  }

  private boolean isOurs(String key) {
    TaskInfo task = getRuntimeContext().getTaskInfo();
    return KeyGroupRangeAssignment.assignKeyToParallelOperator(
            key, task.getMaxNumberOfParallelSubtasks(), task.getNumberOfParallelSubtasks())
        == task.getIndexOfThisSubtask();
  }

  @Override
  public void open() throws Exception {
    metrics = new DecodeMetrics(getMetricGroup());
    for (ModelBundle bundle : models.bundles()) {
      models.decoder(bundle.name());
    }
    super.open();
  }

  @Override
  protected void snapshotHeld() throws Exception {
    waitingState.update(
        waiting.stream().map(next -> HeldLatent.of(next.image(), next.key())).toList());
    failedState.clear(); // told when the first run was due
  }

  @Override
  protected boolean isFull() {
    // One batch under way and one that fills up meanwhile.
    return waiting.size() >= 2 * settings.maxBatch();
  }

  @Override
  protected void accept(Handover handover, long sequence) {
    waiting.add(new Waiting(handover.image(), handover.key(), sequence));
  }

  @Override
  protected long oldestSequence() {
    return waiting.isEmpty() ? Long.MAX_VALUE : waiting.peek().sequence();
  }

  @Override
  protected DecodeRun nextRun() throws Exception {
    emitLeaving();
    metrics.observe(waiting.size());
    if (waiting.isEmpty()) {
      return null;
    }
    BatchKey key = keyOf(waiting.peek().image());
    DecoderSession session = models.decoder(key.model());
    int limit = policy.limit(key);
    List<DenoisedImage> images = choose(key, session.batchSize(key.latent(), limit));
    ModelBundle bundle = models.bundle(key.model());
    boolean metadata = settings.imageMetadata();
    return new DecodeRun(key, images, session, bundle, limit, claimCheck, metadata);
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
    return new BatchKey(image.header().model(), image.header().latent());
  }

  /** The images of a run are the first of those that wait, and leave at once. */
  @Override
  protected void takeIn(DecodeRun run) throws SessionException {
    metrics.ran(run);
    long now = now();
    switch (policy.judge(run, now)) {
      case TAKE -> {
        for (int i = 0; i < run.images().size(); i++) {
          emitOrFail(waiting.remove().image(), run.files().get(i), now);
        }
      }
      case RETRY -> {}
      case REJECT -> {
        DenoisedImage image = waiting.remove().image();
        failed(image, RunRejects.failed(run, image.header().index()), now);
      }
    }
  }

  /** Tells what an earlier release had not told, and gives up images whose model is gone. */
  @Override
  protected void emitLeaving() {
    earlier.events().forEach(this::tell);
    earlier.events().clear();
    long now = now();
    while (!waiting.isEmpty() && !isDecodable(waiting.peek().image())) {
      DenoisedImage image = waiting.remove().image();
      failed(image, RejectRecords.modelGone(image.header().model()), now);
    }
  }

  /** An image must not be the work of two bundles of the same name. */
  private boolean isDecodable(DenoisedImage image) {
    String digest = image.header().bundleDigest();
    return models
        .find(image.header().model())
        .filter(bundle -> digest == null || digest.equals(bundle.digest()))
        .isPresent();
  }

  private void emitOrFail(DenoisedImage image, Optional<ImageFile> file, long now) {
    if (file.isPresent()) {
      emit(image, file.get(), now);
    } else {
      ImageHeader header = image.header();
      failed(image, RunRejects.notFinite("decoder", header.model(), header.index()), now);
    }
  }

  private void failed(DenoisedImage image, RejectException why, long now) {
    tell(RequestEvent.failed(image.header(), why, now));
  }

  private void emit(DenoisedImage image, ImageFile file, long now) {
    ImageHeader header = image.header();
    ModelBundle bundle = models.bundle(header.model());
    output.collect(
        new StreamRecord<>(
            new Answer<>(ImageRecords.of(image, file, bundle, now), header.headers())));
    tell(RequestEvent.done(header, now));
    metrics.finished(header, now);
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
