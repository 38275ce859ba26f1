package io.digflink.jobs.decode;

import io.digflink.jobs.denoise.DenoisedImage;
import io.digflink.jobs.denoise.Handover;
import io.digflink.jobs.device.BatchKey;
import io.digflink.jobs.device.DeviceBinding;
import io.digflink.jobs.device.DeviceMetrics;
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
import io.digflink.runtime.model.SuitableBatches;
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
  private transient DeviceBinding binding;
  private transient ServedModels<DecoderSession> models;
  private transient DecodeMetrics metrics;
  private transient DeviceMetrics deviceMetrics;

  private record Waiting(DenoisedImage image, String key, long sequence) {}

  DecodeOperator(
      StreamOperatorParameters<Answer<GeneratedImage>> parameters,
      DecodeSettings settings,
      ModelSettings modelSettings) {
    super(parameters, modelSettings.longestRun());
    this.settings = settings;
    this.modelSettings = modelSettings;
    this.claimCheck = new ClaimCheck(settings);
    this.policy = new FailedRunPolicy<>(this::maxBatch, settings.longestFailureStreak());
  }

  @Override
  public void initializeState(StateInitializationContext context) throws Exception {
    super.initializeState(context);
    binding = DeviceBinding.bind("Decode", modelSettings.device(), getRuntimeContext());
    models = ServedModels.decoders(modelSettings, binding.device(), settings.maxBatch());
    waitingState = unionState(context, "latents-waiting", new HeldLatentSerializer());
    failedState = unionState(context, "failed-images", new FailedImagesSerializer());
    // Before the news that their request has ended.
    for (FailedImages failed : failedState.get()) {
      if (isOurs(failed.requestId())) {
        earlier.failed(failed);
      }
    }
    for (HeldLatent held : waitingState.get()) {
      if (isOurs(held.key())) {
        restore(held);
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
    deviceMetrics = new DeviceMetrics(getMetricGroup(), binding.device(), models);
    models.open();
    super.open();
  }

  private int maxBatch(BatchKey key) {
    return models.rows(key.digest(), key.latent());
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
    return waiting.size()
        >= 2 * (settings.maxBatch() == 0 ? SuitableBatches.MOST_LATENTS : settings.maxBatch());
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
    ModelBundle bundle = bundleOf(waiting.peek().image()).orElseThrow();
    BatchKey key = keyOf(waiting.peek().image(), bundle);
    DecoderSession session = models.session(bundle);
    int limit = policy.limit(key);
    List<DenoisedImage> images = choose(key, bundle, session.batchSize(key.latent(), limit));
    boolean metadata = settings.imageMetadata();
    return new DecodeRun(key, images, session, bundle, limit, claimCheck, metadata);
  }

  /** The images that have waited longest, as far as they may share a run. */
  private List<DenoisedImage> choose(BatchKey key, ModelBundle bundle, int most) {
    List<DenoisedImage> images = new ArrayList<>();
    for (Waiting next : waiting) {
      DenoisedImage image = next.image();
      boolean suspect = policy.isSuspect(image);
      boolean isFirst = images.isEmpty();
      if (images.size() == most || !isFirst && (suspect || !isOf(image, bundle, key))) {
        break;
      }
      images.add(image);
      if (suspect) {
        break;
      }
    }
    return images;
  }

  private boolean isOf(DenoisedImage image, ModelBundle bundle, BatchKey key) {
    return bundleOf(image).filter(own -> own.digest().equals(bundle.digest())).isPresent()
        && keyOf(image, bundle).equals(key);
  }

  private static BatchKey keyOf(DenoisedImage image, ModelBundle bundle) {
    return new BatchKey(bundle.name(), bundle.digest(), image.header().latent());
  }

  /** The bundle that made the latent; state of the first release does not say which it was. */
  private Optional<ModelBundle> bundleOf(DenoisedImage image) {
    String digest = image.header().bundleDigest();
    return digest == null ? models.find(image.header().model()) : models.version(digest);
  }

  /** The images of a run are the first of those that wait, and leave at once. */
  @Override
  protected void takeIn(DecodeRun run) throws SessionException {
    metrics.ran(run);
    deviceMetrics.ran(run);
    long now = now();
    switch (policy.judge(run, now)) {
      case TAKE -> {
        for (int i = 0; i < run.images().size(); i++) {
          emitOrFail(waiting.remove().image(), run.files().get(i), run.bundle(), now);
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

  /** Whether the bundle that made a latent is there and runs: no other may decode it. */
  private boolean isDecodable(DenoisedImage image) {
    Optional<ModelBundle> bundle = bundleOf(image);
    if (bundle.isEmpty()) {
      return false;
    }
    try {
      models.session(bundle.get());
      return true;
    } catch (SessionException e) {
      LOG.warn("The bundle {} cannot decode", bundle.get().reference(), e);
      return false;
    }
  }

  private void emitOrFail(
      DenoisedImage image, Optional<ImageFile> file, ModelBundle bundle, long now) {
    if (file.isPresent()) {
      emit(image, file.get(), bundle, now);
    } else {
      ImageHeader header = image.header();
      failed(image, RunRejects.notFinite("decoder", header.model(), header.index()), now);
    }
  }

  private void failed(DenoisedImage image, RejectException why, long now) {
    tell(RequestEvent.failed(image.header(), why, now));
  }

  private void emit(DenoisedImage image, ImageFile file, ModelBundle bundle, long now) {
    ImageHeader header = image.header();
    output.collect(
        new StreamRecord<>(
            new Answer<>(ImageRecords.of(image, file, bundle, now), header.headers())));
    tell(RequestEvent.done(header, now));
    metrics.finished(header, now);
    deviceMetrics.finished(bundle.digest());
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
  }
}
