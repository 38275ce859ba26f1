package io.digflink.jobs.denoise;

import static org.assertj.core.api.Assertions.assertThat;

import io.digflink.jobs.golden.EarlierState;
import io.digflink.jobs.golden.GoldenFiles;
import io.digflink.jobs.model.ModelSettings;
import io.digflink.jobs.progress.ProgressHarness;
import io.digflink.jobs.request.AdmittedRequest;
import io.digflink.jobs.request.IncomingRecord;
import io.digflink.jobs.request.Portion;
import io.digflink.jobs.request.QueueItem;
import io.digflink.jobs.request.RequestEvent;
import io.digflink.jobs.request.RequestEvent.Kind;
import io.digflink.jobs.request.SideOutputs;
import io.digflink.jobs.request.TestRequests;
import io.digflink.jobs.room.LocalRoom;
import io.digflink.runtime.model.ModelBundle;
import io.digflink.runtime.model.SpoiledBundles;
import io.digflink.runtime.model.TestBundles;
import io.digflink.runtime.sampling.LatentShape;
import io.digflink.schemas.GenerationRequest;
import io.digflink.schemas.RejectReason;
import io.digflink.schemas.RejectedRequest;
import io.digflink.schemas.RequestState;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.streaming.runtime.tasks.mailbox.TaskMailbox;
import org.apache.flink.streaming.util.OneInputStreamOperatorTestHarness;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The operator, also on a model with a NaN weight in the embedding of one label. */
@Timeout(60)
class DenoiseOperatorITCase {
  private static final LatentShape SHAPE = new LatentShape(4, 16, 16);
  private static final int BAD_LABEL = 7;
  private static final int STEPS = 3;
  private static final int MOST_WAITING = 2;

  @TempDir private static Path directory;

  private static ModelBundle good;
  private static ModelBundle spoiled;

  private LocalRoom room;
  private OneInputStreamOperatorTestHarness<QueueItem, Handover> harness;

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

  private void start(String models, OperatorSubtaskState restored) throws Exception {
    start(models, restored, 64);
  }

  private void start(String models, OperatorSubtaskState restored, int places) throws Exception {
    room = LocalRoom.ofHolder();
    harness =
        new OneInputStreamOperatorTestHarness<>(
            room.with(
                new DenoiseOperatorFactory(
                    new DenoiseSettings(8, places, 0, MOST_WAITING, 8, Duration.ofHours(1), 10),
                    new ModelSettings(directory.resolve(models).toString(), "cpu", 1))));
    harness.setup(
        TypeInformation.of(Handover.class)
            .createSerializer(harness.getExecutionConfig().getSerializerConfig()));
    harness.initializeState(restored);
    harness.open();
  }

  private static AdmittedRequest request(String id, int... labels) {
    GenerationRequest.Builder request =
        TestRequests.request(id, "m", labels).setSampler("ddim").setSteps(STEPS);
    return TestRequests.admitted(request.build(), SHAPE, labels);
  }

  private void process(String digest, AdmittedRequest request) throws Exception {
    process(TestRequests.whole(request, digest));
  }

  private void process(Portion portion) throws Exception {
    harness.processElement(QueueItem.of(0, portion), 0);
  }

  private void cancel(String id, long at) throws Exception {
    byte[] key = id.getBytes(StandardCharsets.UTF_8);
    IncomingRecord record = new IncomingRecord(null, "c-0@0", at, key, IncomingRecord.NO_HEADERS);
    harness.processElement(QueueItem.cancelled(record), 0);
  }

  private void runMail() throws Exception {
    harness.getTaskMailbox().take(TaskMailbox.MIN_PRIORITY).run();
  }

  /** Latents in the order of requests and images. */
  private List<float[]> latents() {
    return harness.extractOutputValues().stream()
        .map(Handover::image)
        .sorted(
            Comparator.comparing((DenoisedImage image) -> image.header().requestId())
                .thenComparingInt(image -> image.header().index()))
        .map(DenoisedImage::latent)
        .toList();
  }

  private List<RequestEvent> allEvents() {
    var events = harness.getSideOutput(SideOutputs.EVENTS);
    return events == null ? List.of() : events.stream().map(record -> record.getValue()).toList();
  }

  /** What is told of requests: kind, images and the state in which they end. */
  private List<String> events() {
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

  private List<RejectedRequest> rejects() {
    return allEvents().stream().map(RequestEvent::reject).filter(reject -> reject != null).toList();
  }

  @Test
  void aPortionIsAcceptedAndBegunAndItsImagesLeaveWithItsKey() throws Exception {
    start("good", null);
    process(Portion.of(request("a", 1, 2, 3), good.digest(), 1, 3));
    harness.endInput();

    assertThat(events()).containsExactly("a ACCEPTED 2", "a BEGUN 0");
    assertThat(harness.extractOutputValues())
        .extracting(
            handover ->
                handover.key()
                    + " "
                    + handover.image().header().index()
                    + " "
                    + handover.image().header().label()
                    + " of "
                    + handover.image().header().images())
        .containsExactlyInAnyOrder("a#1 1 2 of 3", "a#1 2 3 of 3");
    assertThat(harness.extractOutputValues())
        .extracting(handover -> handover.image().header().bundleDigest())
        .containsOnly(good.digest());
  }

  @Test
  void theBytesOfAnImageDoNotChangeWithTheCutOrTheMates() throws Exception {
    AdmittedRequest request = request("a", 1, 2, 3, 4);
    start("good", null);
    process(good.digest(), request);
    harness.endInput();
    List<float[]> whole = latents();
    harness.close();

    start("good", null, 2);
    process(Portion.of(request, good.digest(), 2, 4));
    process(good.digest(), request("b", 5, 5));
    process(Portion.of(request, good.digest(), 0, 1));
    process(Portion.of(request, good.digest(), 1, 2));
    harness.endInput();

    assertThat(latents().subList(0, 4)).usingRecursiveComparison().isEqualTo(whole);
  }

  @Test
  void aRequestThatTheModelsReplacementCannotServeIsDropped() throws Exception {
    start("good", null);
    process(good.digest(), request("a", 1, 2));
    OperatorSubtaskState snapshot = harness.snapshot(1, 0);
    harness.close();
    TestBundles.export("dig-uncond", directory.resolve("replaced"), "m");

    start("replaced", snapshot);
    harness.endInput();

    assertThat(events()).containsExactly("a DROPPED 2 REJECTED");
    assertThat(rejects())
        .extracting(RejectedRequest::getMessage)
        .containsExactly("labels is [1, 2]; allowed: none: m has no classes");
    assertThat(harness.extractOutputValues()).isEmpty();
  }

  @Test
  void aPortionWhoseBundleIsReplacedIsMadeByTheNewOne() throws Exception {
    start("good", null);
    process("cd".repeat(32), request("a", 1));
    harness.endInput();

    assertThat(harness.extractOutputValues())
        .extracting(handover -> handover.image().header().bundleDigest())
        .containsExactly(good.digest());
  }

  @Test
  void aPortionWhoseModelIsGoneIsDropped() throws Exception {
    start("good", null);
    GenerationRequest gone = TestRequests.request("a", "gone", 1).setSteps(STEPS).build();
    process("cd".repeat(32), TestRequests.admitted(gone, SHAPE, 1));
    harness.endInput();

    assertThat(events()).containsExactly("a DROPPED 1 REJECTED");
    assertThat(rejects())
        .singleElement()
        .satisfies(
            reject -> {
              assertThat(reject.getReason()).isEqualTo(RejectReason.UNKNOWN_MODEL);
              assertThat(reject.getValue()).isEqualTo("gone");
            });
  }

  @Test
  void anImageThatIsNotFiniteFailsAndCostsNoOtherAnything() throws Exception {
    start("good", null);
    process(good.digest(), request("mixed", 1, 2));
    process(good.digest(), request("other", 3));
    harness.endInput();
    List<float[]> expected = latents();
    harness.close();

    start("spoiled", null);
    process(spoiled.digest(), request("mixed", 1, BAD_LABEL));
    process(spoiled.digest(), request("other", 3));
    harness.endInput();

    assertThat(latents())
        .usingRecursiveComparison()
        .isEqualTo(List.of(expected.get(0), expected.get(2)));
    assertThat(events()).contains("mixed FAILED 1").doesNotContain("other FAILED 1");
    assertThat(rejects())
        .singleElement()
        .satisfies(
            reject -> {
              assertThat(reject.getRequestId()).isEqualTo("mixed");
              assertThat(reject.getReason()).isEqualTo(RejectReason.NOT_FINITE);
              assertThat(reject.getMessage())
                  .isEqualTo(
                      "Model m gave values that are not finite for image 1 (denoiser, step 1 of"
                          + " 3): export it with --precision fp32, look at its weights, or ask for"
                          + " less guidance");
            });
  }

  @Test
  void anImageThatIsNotFiniteLeavesThroughACheckpoint() throws Exception {
    start("spoiled", null);
    process(spoiled.digest(), request("mixed", 1, BAD_LABEL));
    OperatorSubtaskState snapshot = harness.snapshot(1, 0);
    assertThat(rejects()).isEmpty();
    harness.close();

    start("spoiled", snapshot);
    harness.endInput();

    assertThat(latents()).hasSize(1);
    assertThat(rejects())
        .singleElement()
        .satisfies(reject -> assertThat(reject.getMessage()).contains("step 1 of 3"));
  }

  @Test
  void whatIsHeldOutlivesARestoreWithoutBeingAcceptedOrBegunTwice() throws Exception {
    start("good", null, 2);
    process(good.digest(), request("a", 1, 2, 3));
    process(good.digest(), request("b", 4));
    runMail();
    runMail();
    OperatorSubtaskState snapshot = harness.snapshot(1, 0);
    List<String> before = events();
    List<float[]> out = latents();
    harness.close();
    assertThat(before).contains("a ACCEPTED 3", "a BEGUN 0", "b ACCEPTED 1");

    start("good", snapshot, 2);
    harness.endInput();
    List<float[]> restored = latents();
    List<String> after = events();
    harness.close();

    start("good", null);
    process(good.digest(), request("a", 1, 2, 3));
    process(good.digest(), request("b", 4));
    harness.endInput();
    assertThat(out).isEmpty();
    assertThat(restored).usingRecursiveComparison().isEqualTo(latents());
    assertThat(after).doesNotContain("a ACCEPTED 3", "a BEGUN 0", "b ACCEPTED 1");
  }

  @Test
  void aCancelledRequestIsDroppedWhetherItMovesOrWaits() throws Exception {
    start("good", null, 2);
    process(good.digest(), request("moving", 1, 2));
    process(good.digest(), request("waiting", 3));
    process(good.digest(), request("other", 4));

    cancel("moving", 1);
    cancel("waiting", 1);
    cancel("unknown", 1);
    cancel("waiting", 2);
    harness.endInput();

    assertThat(events())
        .contains("moving DROPPED 2 CANCELLED", "waiting DROPPED 1 CANCELLED")
        .filteredOn(event -> event.contains("DROPPED"))
        .hasSize(2);
    assertThat(rejects()).isEmpty();
    assertThat(harness.extractOutputValues())
        .extracting(handover -> handover.image().header().requestId())
        .containsExactly("other");
  }

  @Test
  void aPortionOfARequestThatWasCancelledBeforeIsDroppedAlsoAfterARestore() throws Exception {
    start("good", null);
    cancel("a", 0);
    OperatorSubtaskState snapshot = harness.snapshot(1, 0);
    harness.close();

    start("good", snapshot);
    process(Portion.of(request("a", 1, 2, 3), good.digest(), 0, 2));
    process(Portion.of(request("a", 1, 2, 3), good.digest(), 2, 3));
    harness.setProcessingTime(Duration.ofHours(1).toMillis() + 1);
    process(good.digest(), request("a", 1));
    harness.endInput();

    assertThat(events())
        .containsExactly(
            "a ACCEPTED 2",
            "a DROPPED 2 CANCELLED",
            "a ACCEPTED 1",
            "a DROPPED 1 CANCELLED",
            "a ACCEPTED 1",
            "a BEGUN 0");
    assertThat(harness.extractOutputValues()).hasSize(1);
  }

  @Test
  void aPortionWhoseDeadlinePassesIsDroppedWithTheTime() throws Exception {
    start("good", null, 1);
    GenerationRequest late =
        GenerationRequest.newBuilder(request("late", 1, 2).request())
            .setDeadline(Instant.ofEpochMilli(100))
            .build();
    process(good.digest(), TestRequests.admitted(late, SHAPE, 1, 2));
    harness.setProcessingTime(101);
    harness.endInput();

    assertThat(events())
        .containsExactly("late ACCEPTED 2", "late BEGUN 0", "late DROPPED 2 EXPIRED");
    assertThat(rejects())
        .extracting(RejectedRequest::getMessage)
        .containsExactly(
            "deadline is 1970-01-01T00:00:00.100Z; allowed: later than 1970-01-01T00:00:00.101Z,"
                + " the time by this job's clock");
  }

  @Test
  void theSourceIsToldWhenPortionsWaitAndAtTheEndWhenNoneIsHeld() throws Exception {
    start("good", null, 1);
    assertThat(room.reported())
        .containsExactly("RoomReport[isAvailable=true, isEmpty=true, received=0]");
    for (String id : List.of("a", "b", "c")) {
      process(good.digest(), request(id, 1));
    }
    harness.processElement(
        QueueItem.of(0, Portion.of(request("d", 1), good.digest(), 0, 1)).repeated(), 0);
    assertThat(room.reported())
        .hasSize(2)
        .endsWith("RoomReport[isAvailable=false, isEmpty=false, received=3]");

    room.senderEnds(4);
    harness.endInput();
    while (harness.getTaskMailbox().hasMail()) {
      runMail();
    }

    assertThat(room.reported()).endsWith("RoomReport[isAvailable=true, isEmpty=true, received=4]");
  }

  /** Of two requests one has begun: two of its three images are in flight, one has left. */
  @Test
  void requestsOfVersion3GoOnAsOnePortionAndAreCounted() throws Exception {
    AdmittedRequest begun = request("begun", 1, 2, 3);
    AdmittedRequest waits = request("waits", 4);
    start("good", null);
    process(good.digest(), begun);
    process(good.digest(), waits);
    harness.endInput();
    List<float[]> expected = latents();
    harness.close();
    List<float[]> inFlight = List.of(noise(begun, 1), noise(begun, 2));

    start(
        "good",
        EarlierState.split(
            Map.of(
                "requests-in-flight",
                List.of(
                    GoldenFiles.element(3, version3(begun, good.digest(), 3, inFlight)),
                    GoldenFiles.element(3, version3(waits, "", 0, List.of()))))));
    harness.endInput();

    assertThat(latents()).usingRecursiveComparison().isEqualTo(expected.subList(1, 4));
    List<RequestEvent> events = allEvents();
    assertThat(events)
        .filteredOn(event -> event.kind() == Kind.OPENED)
        .extracting(event -> event.requestId() + " " + event.state())
        .containsExactly("begun " + RequestState.RUNNING, "waits " + RequestState.ADMITTED);
    ProgressHarness progress = new ProgressHarness();
    progress.add(events);
    for (Handover handover : harness.extractOutputValues()) {
      progress.add(List.of(RequestEvent.done(handover.image().header(), 9)));
    }
    assertThat(progress.told())
        .containsExactlyInAnyOrder(
            "begun RUNNING 2/3", "begun COMPLETED 3/3", "waits RUNNING 0/1", "waits COMPLETED 1/1");
    progress.close();
  }

  private static float[] noise(AdmittedRequest request, int index) {
    Portion whole = TestRequests.whole(request, good.digest());
    return good.diffusion().begin(whole.spec(index)).snapshot().latent();
  }

  /** As version 3 held a request: the images in flight were the last of those begun. */
  private static byte[] version3(
      AdmittedRequest request, String digest, int begun, List<float[]> images) throws Exception {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(bytes);
    out.writeInt(request.original().length);
    out.write(request.original());
    out.writeUTF(request.source());
    out.writeInt(request.labels().length);
    for (int label : request.labels()) {
      out.writeInt(label);
    }
    out.writeInt(SHAPE.channels());
    out.writeInt(SHAPE.height());
    out.writeInt(SHAPE.width());
    out.writeLong(request.askedAt());
    out.writeLong(request.admittedAt());
    out.writeInt(0); // headers
    out.writeInt(0); // the record is in single-object encoding
    out.writeUTF(digest);
    out.writeInt(begun);
    out.writeInt(images.size());
    for (float[] values : images) {
      out.writeLong(5);
      out.writeInt(0);
      for (float value : values) {
        out.writeFloat(value);
      }
      out.writeBoolean(false);
    }
    return bytes.toByteArray();
  }
}
