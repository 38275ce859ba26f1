package io.digflink.jobs.denoise;

import io.digflink.jobs.model.ModelSettings;
import io.digflink.jobs.request.AdmittedRequest;
import io.digflink.jobs.request.IncomingRecord;
import io.digflink.jobs.request.Portion;
import io.digflink.jobs.request.QueueItem;
import io.digflink.jobs.request.RequestEvent;
import io.digflink.jobs.request.SideOutputs;
import io.digflink.jobs.request.TestRequests;
import io.digflink.jobs.room.LocalRoom;
import io.digflink.runtime.model.ModelBundle;
import io.digflink.runtime.model.SpoiledBundles;
import io.digflink.runtime.model.TestBundles;
import io.digflink.runtime.sampling.LatentShape;
import io.digflink.schemas.GenerationRequest;
import io.digflink.schemas.RejectedRequest;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.streaming.runtime.tasks.mailbox.TaskMailbox;
import org.apache.flink.streaming.util.OneInputStreamOperatorTestHarness;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

/** The operator on a model, and on one with a NaN weight in the embedding of one label. */
abstract class DenoiseHarness {
  static final LatentShape SHAPE = new LatentShape(4, 16, 16);
  static final int BAD_LABEL = 7;
  static final int STEPS = 3;
  static final int MOST_WAITING = 2;

  @TempDir static Path directory;

  static ModelBundle good;
  static ModelBundle spoiled;

  LocalRoom room;
  OneInputStreamOperatorTestHarness<QueueItem, Handover> harness;

  @BeforeAll
  static void exportModels() throws Exception {
    good = TestBundles.export("dig-plain", directory.resolve("good"), "m");
    TestBundles.export("dig-plain", directory.resolve("spoiled"), "m");
    SpoiledBundles.makeLabelNaN(directory.resolve("spoiled/m"), BAD_LABEL);
    spoiled = ModelBundle.open(directory.resolve("spoiled/m"));
  }

  @AfterEach
  void close() throws Exception {
    harness.close();
  }

  void start(String models, OperatorSubtaskState restored) throws Exception {
    start(models, restored, 64);
  }

  void start(String models, OperatorSubtaskState restored, int places) throws Exception {
    room = LocalRoom.ofHolder();
    harness =
        new OneInputStreamOperatorTestHarness<>(
            room.with(
                new DenoiseOperatorFactory(
                    new DenoiseSettings(
                        8, places, 0, MOST_WAITING, 8, Duration.ofHours(1), Duration.ZERO, 10),
                    new ModelSettings(directory.resolve(models).toString(), "cpu", 1),
                    null)));
    harness.setup(
        TypeInformation.of(Handover.class)
            .createSerializer(harness.getExecutionConfig().getSerializerConfig()));
    harness.initializeState(restored);
    harness.open();
  }

  static AdmittedRequest request(String id, int... labels) {
    GenerationRequest.Builder request =
        TestRequests.request(id, "m", labels).setSampler("ddim").setSteps(STEPS);
    return TestRequests.admitted(request.build(), SHAPE, labels);
  }

  void process(String digest, AdmittedRequest request) throws Exception {
    process(TestRequests.whole(request, digest));
  }

  void process(Portion portion) throws Exception {
    harness.processElement(QueueItem.of(0, portion), 0);
  }

  void cancel(String id, long at) throws Exception {
    byte[] key = id.getBytes(StandardCharsets.UTF_8);
    IncomingRecord record = new IncomingRecord(null, "c-0@0", at, key, IncomingRecord.NO_HEADERS);
    harness.processElement(QueueItem.cancelled(record), 0);
  }

  void runMail() throws Exception {
    harness.getTaskMailbox().take(TaskMailbox.MIN_PRIORITY).run();
  }

  /** Latents in the order of requests and images. */
  List<float[]> latents() {
    return harness.extractOutputValues().stream()
        .map(Handover::image)
        .sorted(
            Comparator.comparing((DenoisedImage image) -> image.header().requestId())
                .thenComparingInt(image -> image.header().index()))
        .map(DenoisedImage::latent)
        .toList();
  }

  List<RequestEvent> allEvents() {
    var events = harness.getSideOutput(SideOutputs.EVENTS);
    return events == null ? List.of() : events.stream().map(record -> record.getValue()).toList();
  }

  /** What is told of requests: kind, images and the state in which they end. */
  List<String> events() {
    return allEvents().stream()
        .map(
            event ->
                event.requestId()
                    + " "
                    + event.kind()
                    + " "
                    + event.count()
                    + (event.state() == null ? "" : " " + event.state()))
        .toList();
  }

  List<RejectedRequest> rejects() {
    return allEvents().stream().map(RequestEvent::reject).filter(reject -> reject != null).toList();
  }
}
