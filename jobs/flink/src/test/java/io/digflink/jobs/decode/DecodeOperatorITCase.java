package io.digflink.jobs.decode;

import static org.assertj.core.api.Assertions.assertThat;

import io.digflink.jobs.denoise.DenoisedImage;
import io.digflink.jobs.denoise.Handover;
import io.digflink.jobs.golden.EarlierState;
import io.digflink.jobs.golden.GoldenFiles;
import io.digflink.jobs.model.ModelSettings;
import io.digflink.jobs.progress.ProgressHarness;
import io.digflink.jobs.request.AdmittedRequest;
import io.digflink.jobs.request.Answer;
import io.digflink.jobs.request.ImageHeader;
import io.digflink.jobs.request.IncomingRecord;
import io.digflink.jobs.request.RejectException;
import io.digflink.jobs.request.RejectRecords;
import io.digflink.jobs.request.RequestEvent;
import io.digflink.jobs.request.RequestEvent.Kind;
import io.digflink.jobs.request.SideOutputs;
import io.digflink.jobs.request.TestRequests;
import io.digflink.runtime.model.TestBundles;
import io.digflink.runtime.sampling.LatentShape;
import io.digflink.schemas.GeneratedImage;
import io.digflink.schemas.GenerationRequest;
import io.digflink.schemas.RejectReason;
import io.digflink.schemas.RejectedRequest;
import io.digflink.schemas.RequestState;
import io.digflink.schemas.codec.RecordCodec;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.flink.api.common.typeinfo.TypeHint;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.streaming.util.OneInputStreamOperatorTestHarness;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class DecodeOperatorITCase {
  private static final LatentShape SHAPE = new LatentShape(4, 16, 16);

  @TempDir private Path directory;

  private OneInputStreamOperatorTestHarness<Handover, Answer<GeneratedImage>> harness;

  @AfterEach
  void close() throws Exception {
    harness.close();
  }

  @Test
  void anImageThatIsNotFiniteFailsAndCostsNoOtherAnything() throws Exception {
    TestBundles.export("dig-plain", directory, "m");
    float[] spoiled = new float[SHAPE.size()];
    spoiled[5] = Float.NaN;

    List<String> expected = decode(latent(0.5f), latent(0.25f));
    harness.close();

    assertThat(decode(latent(0.5f), spoiled, latent(0.25f))).hasSize(2).isEqualTo(expected);

    assertThat(events())
        .extracting(event -> event.kind() + " " + event.image().index())
        .containsExactly("DONE 0", "FAILED 1", "DONE 2");
    RejectedRequest why = events().get(1).reject();
    assertThat(why.getReason()).isEqualTo(RejectReason.NOT_FINITE);
    assertThat(why.getMessage())
        .startsWith("Model m gave values that are not finite for image 1 (decoder): ");
  }

  @Test
  void latentsOfAModelThatIsGoneOrReplacedFail() throws Exception {
    TestBundles.export("dig-plain", directory, "m");
    start();
    AdmittedRequest gone = request("gone", "gone", 0);
    AdmittedRequest replaced = request("replaced", "m", 0);
    for (AdmittedRequest request : List.of(gone, replaced)) {
      harness.processElement(
          new Handover(image(request, 0, latent(0.5f), "ab".repeat(32)), request.id()), 0);
    }
    harness.endInput();

    assertThat(harness.extractOutputValues()).isEmpty();
    assertThat(events())
        .allSatisfy(
            event -> {
              assertThat(event.kind()).isEqualTo(Kind.FAILED);
              assertThat(event.reject().getReason()).isEqualTo(RejectReason.UNKNOWN_MODEL);
              assertThat(event.reject().getRequestId()).isEqualTo(event.requestId());
            })
        .extracting(event -> event.requestId() + ": " + event.reject().getValue())
        .containsExactly("gone: gone", "replaced: m");
  }

  @Test
  void latentsThatWaitOutliveARestoreAndAreCountedOnce() throws Exception {
    TestBundles.export("dig-plain", directory, "m");
    start();
    AdmittedRequest request = request("r", "m", 0, 0);
    harness.processElement(new Handover(image(request, 0, latent(0.5f), null), "r"), 0);
    harness.processElement(new Handover(image(request, 1, latent(0.5f), null), "r#1"), 0);
    OperatorSubtaskState snapshot = harness.snapshot(1, 0);
    assertThat(events()).isEmpty();
    harness.close();

    restore(snapshot);
    harness.endInput();

    assertThat(harness.extractOutputValues())
        .extracting(answer -> answer.record().getIndex())
        .containsExactly(0, 1);
    assertThat(events()).extracting(RequestEvent::kind).containsExactly(Kind.DONE, Kind.DONE);
  }

  /**
   * Three images of a request: one is out, one has failed, one waits with the word that it is the
   * last. Of another request the word that it has begun waits, and of a third one a failure.
   */
  @Test
  void stateOfVersion3GoesOnWhereItWas() throws Exception {
    String digest = TestBundles.export("dig-plain", directory, "m").digest();
    AdmittedRequest three = request("three", "m", 0, 0, 0);
    AdmittedRequest other = request("other", "m", 0, 0);
    AdmittedRequest third = request("third", "m", 0);
    DenoisedImage last = image(three, 2, latent(0.5f), digest);
    OperatorSubtaskState state =
        EarlierState.union(
            Map.of(
                "latents-waiting",
                List.of(
                    version3(last, news(three, RequestState.COMPLETED, 3, true, null)),
                    version3(null, news(other, RequestState.RUNNING, 0, false, null)),
                    version3(null, news(third, RequestState.RUNNING, 0, false, "broken")),
                    version3(null, news(third, RequestState.COMPLETED, 1, true, null))),
                "failed-images",
                List.of(
                    GoldenFiles.element(
                        1,
                        new FailedImagesSerializer()
                            .serialize(
                                new FailedImages(
                                    "three", three.source(), 1, reject(three, "no picture")))))));

    restore(state);
    harness.endInput();

    assertThat(harness.extractOutputValues())
        .extracting(answer -> answer.record().getRequestId() + answer.record().getIndex())
        .containsExactly("three2");
    ProgressHarness progress = new ProgressHarness();
    progress.add(events());

    assertThat(progress.told())
        .containsExactlyInAnyOrder("other RUNNING 0/2", "third REJECTED 0/1", "three REJECTED 2/3");
    assertThat(progress.rejects())
        .extracting(RejectedRequest::getMessage)
        .containsExactlyInAnyOrder("broken", "no picture (2 of 3 images are done)");
    assertThat(progress.rejects())
        .allSatisfy(
            reject ->
                assertThat(
                        RecordCodec.of(GenerationRequest.class)
                            .decode(reject.getOriginal().array())
                            .getRequestId())
                    .isEqualTo(reject.getRequestId()));
    progress.close();
  }

  /** Told when the first run was due, and never again. */
  @Test
  void whatVersion3HadNotToldIsNotKept() throws Exception {
    String digest = TestBundles.export("dig-plain", directory, "m").digest();
    AdmittedRequest request = request("expired", "m", 0, 0);
    DenoisedImage image = image(request, 0, latent(0.5f), digest);
    restore(
        EarlierState.union(
            Map.of(
                "latents-waiting",
                List.of(version3(image, news(request, RequestState.EXPIRED, 1, true, null))))));
    harness.endInput();
    ProgressHarness progress = new ProgressHarness();
    progress.add(events());
    assertThat(progress.told()).containsExactly("expired EXPIRED 1/2");
    assertThat(progress.rejects()).as("Denoise had given it").isEmpty();
    progress.close();
    OperatorSubtaskState snapshot = harness.snapshot(2, 0);
    harness.close();

    restore(snapshot);
    harness.endInput();

    assertThat(events()).isEmpty();
    assertThat(harness.extractOutputValues()).isEmpty();
  }

  private static byte[] version3(DenoisedImage image, EarlierNews news) throws Exception {
    return GoldenFiles.element(3, EarlierBytes.version3(new HeldLatent(image, null, true, news)));
  }

  private static EarlierNews news(
      AdmittedRequest request, RequestState state, int done, boolean isEnd, String failure) {
    return new EarlierNews(
        request.id(),
        request.source(),
        state,
        request.images(),
        done,
        isEnd ? request.original() : null,
        failure == null ? null : reject(request, failure),
        7,
        IncomingRecord.NO_HEADERS);
  }

  private static RejectedRequest reject(AdmittedRequest request, String why) {
    return RejectRecords.of(
        RejectException.of(RejectReason.OTHER, why),
        request.id(),
        new byte[0],
        request.source(),
        7);
  }

  private List<RequestEvent> events() {
    var events = harness.getSideOutput(SideOutputs.EVENTS);
    return events == null ? List.of() : events.stream().map(record -> record.getValue()).toList();
  }

  private void start() throws Exception {
    restore(null);
  }

  private void restore(OperatorSubtaskState state) throws Exception {
    harness =
        new OneInputStreamOperatorTestHarness<>(
            new DecodeOperatorFactory(
                new DecodeSettings(8, 1 << 20, null, false, 10),
                new ModelSettings(directory.toString(), "cpu", 1)));
    harness.setup(
        TypeInformation.of(new TypeHint<Answer<GeneratedImage>>() {})
            .createSerializer(harness.getExecutionConfig().getSerializerConfig()));
    harness.initializeState(state);
    harness.open();
  }

  private static AdmittedRequest request(String id, String model, int... labels) {
    return TestRequests.admitted(TestRequests.request(id, model, labels).build(), SHAPE, labels);
  }

  /** Decodes latents of one request in one run and returns the images' digests. */
  private List<String> decode(float[]... latents) throws Exception {
    start();
    AdmittedRequest admitted = request("r", "m", new int[latents.length]);
    for (int i = 0; i < latents.length; i++) {
      harness.processElement(new Handover(image(admitted, i, latents[i], null), "r"), 0);
    }
    harness.endInput();
    return harness.extractOutputValues().stream()
        .map(answer -> answer.record().getSha256())
        .toList();
  }

  private static DenoisedImage image(
      AdmittedRequest admitted, int index, float[] latent, String bundleDigest) {
    return new DenoisedImage(
        ImageHeader.of(
            TestRequests.whole(admitted, TestRequests.DIGEST), index, bundleDigest, 1, 0, 0),
        latent);
  }

  private static float[] latent(float value) {
    float[] latent = new float[SHAPE.size()];
    Arrays.fill(latent, value);
    return latent;
  }
}
