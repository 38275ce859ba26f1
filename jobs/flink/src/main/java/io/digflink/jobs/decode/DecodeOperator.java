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
import io.digflink.jobs.request.RejectCounters;
import io.digflink.jobs.request.RejectException;
import io.digflink.jobs.request.RejectRecords;
import io.digflink.jobs.request.RequestNews;
import io.digflink.jobs.request.SideOutputs;
import io.digflink.runtime.model.ModelBundle;
import io.digflink.runtime.model.SuitableBatches;
import io.digflink.runtime.session.DecoderSession;
import io.digflink.runtime.session.SessionException;
import io.digflink.schemas.GeneratedImage;
import io.digflink.schemas.RejectedRequest;
import io.digflink.schemas.RequestProgress;
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
import org.apache.flink.runtime.checkpoint.CheckpointOptions;
import org.apache.flink.runtime.state.CheckpointStreamFactory;
import org.apache.flink.runtime.state.KeyGroupRangeAssignment;
import org.apache.flink.runtime.state.StateInitializationContext;
import org.apache.flink.streaming.api.operators.OperatorSnapshotFutures;
import org.apache.flink.streaming.api.operators.StreamOperatorParameters;
import org.apache.flink.streaming.api.operators.util.SimpleVersionedListState;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;

/**
 * Decodes latents in micro-batches and encodes the images, in the order in which they arrive. Its
 * input is keyed by request, and so is the state it restores: the order within a request survives a
 * change of parallelism.
 */
final class DecodeOperator extends DeviceRunOperator<Handover, Answer<GeneratedImage>, DecodeRun> {
  private static final long serialVersionUID = 1L;

  /** News is small, but not for nothing: so many elements may wait for each latent of a run. */
  private static final int MOST_WAITING_PER_LATENT = 16;

  private final transient DecodeSettings settings;
  private final transient ModelSettings modelSettings;
  private final transient Deque<Waiting> waiting = new ArrayDeque<>();
  private final transient ClaimCheck claimCheck;
  private final transient FailedRunPolicy<DenoisedImage> policy;
  private final transient Answers answers = new Answers(this::tell, this::reject);
  private transient ListState<Handover> waitingState;
  private transient ListState<FailedImages> failedState;
  private transient DeviceBinding binding;
  private transient ServedModels<DecoderSession> models;
  private transient DecodeMetrics metrics;
  private transient DeviceMetrics deviceMetrics;
  private transient RejectCounters rejects;
  private transient RequestSpans spans;

  private transient int imagesWaiting;

  /** An image, or news that waits for the images before it. */
  private record Waiting(DenoisedImage image, RequestNews news, long sequence) {
    String source() {
      return image == null ? news.source() : image.header().source();
    }
  }

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
    binding = DeviceBinding.bind(DeviceBinding.DECODE, modelSettings.device(), getRuntimeContext());
    models = ServedModels.decoders(modelSettings, binding.device(), settings.maxBatch());
    waitingState = unionState(context, "latents-waiting", new HandoverSerializer());
    failedState = unionState(context, "failed-images", new FailedImagesSerializer());
    for (Handover handover : waitingState.get()) {
      if (isOurs(handover.requestId())) {
        hold(handover, nextSequence());
      }
    }
    for (FailedImages failed : failedState.get()) {
      if (isOurs(failed.requestId())) {
        answers.restore(failed);
      }
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

  private boolean isOurs(String requestId) {
    TaskInfo task = getRuntimeContext().getTaskInfo();
    return KeyGroupRangeAssignment.assignKeyToParallelOperator(
            requestId, task.getMaxNumberOfParallelSubtasks(), task.getNumberOfParallelSubtasks())
        == task.getIndexOfThisSubtask();
  }

  @Override
  public void open() throws Exception {
    metrics = new DecodeMetrics(getMetricGroup());
    deviceMetrics = new DeviceMetrics(getMetricGroup(), binding.device(), models);
    rejects = new RejectCounters(getMetricGroup());
    spans = new RequestSpans(getMetricGroup());
    models.open();
    super.open();
  }

  private int maxBatch(BatchKey key) {
    return models.rows(key.digest(), key.latent());
  }

  @Override
  protected void snapshotHeld() throws Exception {
    waitingState.update(
        waiting.stream().map(next -> new Handover(next.image(), next.news())).toList());
    failedState.update(List.copyOf(answers.failed()));
  }

  @Override
  public OperatorSnapshotFutures snapshotState(
      long checkpoint, long timestamp, CheckpointOptions options, CheckpointStreamFactory factory)
      throws Exception {
    spans.snapshot(checkpoint);
    return super.snapshotState(checkpoint, timestamp, options, factory);
  }

  @Override
  public void notifyCheckpointComplete(long checkpoint) throws Exception {
    super.notifyCheckpointComplete(checkpoint);
    spans.complete(checkpoint, now());
  }

  @Override
  protected boolean isFull() {
    // One batch under way and one that fills up meanwhile.
    int batch = settings.maxBatch() == 0 ? SuitableBatches.MOST_LATENTS : settings.maxBatch();
    return imagesWaiting >= 2 * batch || waiting.size() >= MOST_WAITING_PER_LATENT * batch;
  }

  /** News goes on at once if no image of its request is before it. */
  @Override
  protected void accept(Handover handover, long sequence) {
    RequestNews news = handover.news();
    if (handover.image() == null
        && waiting.stream().noneMatch(next -> next.source().equals(news.source()))) {
      answers.news(news, now());
    } else {
      hold(handover, sequence);
    }
  }

  private void hold(Handover handover, long sequence) {
    if (handover.image() != null) {
      waiting.add(new Waiting(handover.image(), null, sequence));
      imagesWaiting++;
    }
    if (handover.news() != null) {
      waiting.add(new Waiting(null, handover.news(), sequence));
    }
  }

  @Override
  protected long oldestSequence() {
    return waiting.isEmpty() ? Long.MAX_VALUE : waiting.peek().sequence();
  }

  @Override
  protected DecodeRun nextRun() throws Exception {
    emitLeaving();
    metrics.observe(imagesWaiting);
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
      if (image == null) {
        continue;
      }
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
          emitOrFail(removeFirstImage(now), run.files().get(i), run.bundle(), now);
        }
      }
      case RETRY -> {}
      case REJECT -> {
        DenoisedImage image = removeFirstImage(now);
        failed(image, RunRejects.failed(run, image.header().index()), now);
      }
    }
  }

  /** Takes out the first image and gives the news before it. */
  private DenoisedImage removeFirstImage(long now) {
    while (waiting.peek().image() == null) {
      answers.news(waiting.remove().news(), now);
    }
    imagesWaiting--;
    return waiting.remove().image();
  }

  /** Gives the news that waits for no image, and gives up images whose model is gone. */
  @Override
  protected void emitLeaving() {
    long now = now();
    while (!waiting.isEmpty() && !isDecodable(waiting.peek().image())) {
      if (waiting.peek().image() == null) {
        answers.news(waiting.remove().news(), now);
      } else {
        DenoisedImage image = removeFirstImage(now);
        failed(image, RejectRecords.modelGone(image.header().model()), now);
      }
    }
  }

  /** Whether the bundle that made a latent is there and runs: no other may decode it. */
  private boolean isDecodable(DenoisedImage image) {
    Optional<ModelBundle> bundle = image == null ? Optional.empty() : bundleOf(image);
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
    answers.failed(image, why, now);
    endSpan(image.header(), now);
  }

  private void endSpan(ImageHeader header, long now) {
    if (header.isLast()) {
      spans.ended(header, now);
    }
  }

  private void emit(DenoisedImage image, ImageFile file, ModelBundle bundle, long now) {
    output.collect(
        new StreamRecord<>(
            new Answer<>(ImageRecords.of(image, file, bundle, now), image.header().headers())));
    answers.done(image, now);
    endSpan(image.header(), now);
    metrics.finished(image.header(), now);
    deviceMetrics.finished(bundle.digest());
  }

  private void tell(Answer<RequestProgress> progress) {
    output.collect(SideOutputs.PROGRESS, new StreamRecord<>(progress));
  }

  private void reject(Answer<RejectedRequest> reject) {
    rejects.count(reject.record().getReason());
    output.collect(SideOutputs.REJECTED, new StreamRecord<>(reject));
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
