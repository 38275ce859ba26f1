package io.digflink.jobs.denoise;

import static org.assertj.core.api.Assertions.assertThat;

import io.digflink.jobs.model.ModelSettings;
import io.digflink.jobs.request.AdmittedRequest;
import io.digflink.jobs.request.IncomingRecord;
import io.digflink.jobs.request.RequestNews;
import io.digflink.jobs.request.SideOutputs;
import io.digflink.runtime.model.SpoiledBundles;
import io.digflink.runtime.model.TestBundles;
import io.digflink.runtime.sampling.LatentShape;
import io.digflink.schemas.GenerationRequest;
import io.digflink.schemas.RejectReason;
import io.digflink.schemas.RejectedRequest;
import io.digflink.schemas.codec.RecordCodec;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.streaming.runtime.tasks.mailbox.TaskMailbox;
import org.apache.flink.streaming.util.OneInputStreamOperatorTestHarness;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The operator on a model with a NaN weight in the embedding of one label. */
@Timeout(60)
class DenoiseOperatorITCase {
  private static final RecordCodec<GenerationRequest> CODEC =
      RecordCodec.of(GenerationRequest.class);
  private static final int BAD_LABEL = 7;
  private static final int STEPS = 3;

  @TempDir private static Path directory;

  private OneInputStreamOperatorTestHarness<AdmittedRequest, Handover> harness;

  @BeforeAll
  static void exportModels() throws Exception {
    TestBundles.export("dig-plain", directory.resolve("good"), "m");
    TestBundles.export("dig-plain", directory.resolve("spoiled"), "m");
    SpoiledBundles.makeLabelNaN(directory.resolve("spoiled/m"), BAD_LABEL);
  }

  @AfterEach
  void close() throws Exception {
    harness.close();
  }

  private void start(String models, OperatorSubtaskState restored) throws Exception {
    harness =
        new OneInputStreamOperatorTestHarness<>(
            new DenoiseOperatorFactory(
                new DenoiseSettings(8, 64, 8, 10),
                new ModelSettings(directory.resolve(models).toString(), "cpu", 1)));
    harness.setup(
        TypeInformation.of(Handover.class)
            .createSerializer(harness.getExecutionConfig().getSerializerConfig()));
    harness.initializeState(restored);
    harness.open();
  }

  private static AdmittedRequest request(String id, int... labels) {
    GenerationRequest request =
        GenerationRequest.newBuilder()
            .setRequestId(id)
            .setModel("m")
            .setLabels(Arrays.stream(labels).boxed().toList())
            .setSampler("ddim")
            .setSteps(STEPS)
            .build();
    return new AdmittedRequest(
        CODEC.encode(request),
        "t-0@0",
        request,
        labels,
        new LatentShape(4, 16, 16),
        0,
        0,
        IncomingRecord.NO_HEADERS);
  }

  private List<float[]> latents() {
    return harness.extractOutputValues().stream()
        .filter(handover -> handover.image() != null)
        .map(handover -> handover.image().latent())
        .toList();
  }

  /** News of the requests, those of an image that failed as its reject's reason. */
  private List<String> news() {
    return harness.extractOutputValues().stream()
        .map(Handover::news)
        .filter(Objects::nonNull)
        .map(
            news ->
                news.requestId()
                    + " "
                    + (news.failure() == null ? news.state() : news.failure().getReason())
                    + " "
                    + news.imagesDone())
        .toList();
  }

  private List<RejectedRequest> failures() {
    return harness.extractOutputValues().stream()
        .map(Handover::news)
        .filter(news -> news != null && news.failure() != null)
        .map(RequestNews::failure)
        .toList();
  }

  @Test
  void newsOfARequestComesInOrderWithItsImages() throws Exception {
    start("good", null);
    harness.processElement(request("a", 1, 2), 0);
    harness.endInput();

    assertThat(news()).containsExactly("a ADMITTED 0", "a RUNNING 0", "a COMPLETED 2");
    Handover last = harness.extractOutputValues().get(3);
    assertThat(last.image().header().index()).isEqualTo(1);
    assertThat(last.news().isEnd()).isTrue();
  }

  @Test
  void aRequestThatTheModelsReplacementCannotServeIsRejected() throws Exception {
    start("good", null);
    harness.processElement(request("a", 1, 2), 0);
    OperatorSubtaskState snapshot = harness.snapshot(1, 0);
    harness.close();
    TestBundles.export("dig-uncond", directory.resolve("replaced"), "m");

    start("replaced", snapshot);
    harness.endInput();

    assertThat(harness.getSideOutput(SideOutputs.REJECTED))
        .singleElement()
        .satisfies(
            record ->
                assertThat(record.getValue().record().getMessage())
                    .isEqualTo("labels is [1, 2]; allowed: none: m has no classes"));
    assertThat(news()).containsExactly("a REJECTED 0");
  }

  @Test
  void anImageThatIsNotFiniteIsRejectedAndCostsNoOtherAnything() throws Exception {
    start("good", null);
    harness.processElement(request("mixed", 1, 2), 0);
    harness.processElement(request("other", 3), 0);
    harness.endInput();
    List<float[]> expected = latents();
    harness.close();

    start("spoiled", null);
    harness.processElement(request("mixed", 1, BAD_LABEL), 0);
    harness.processElement(request("other", 3), 0);
    harness.endInput();

    assertThat(latents())
        .usingRecursiveComparison()
        .isEqualTo(List.of(expected.get(0), expected.get(2)));
    assertThat(failures())
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
  void anImageThatIsNotFiniteWaitsForItsTurnThroughACheckpoint() throws Exception {
    start("spoiled", null);
    harness.processElement(request("mixed", 1, BAD_LABEL), 0);
    harness.getTaskMailbox().take(TaskMailbox.MIN_PRIORITY).run();
    harness.getTaskMailbox().take(TaskMailbox.MIN_PRIORITY).run();
    assertThat(failures()).isEmpty();
    OperatorSubtaskState snapshot = harness.snapshot(1, 0);
    harness.close();

    start("spoiled", snapshot);
    harness.endInput();

    assertThat(latents()).hasSize(1);
    assertThat(failures())
        .singleElement()
        .satisfies(reject -> assertThat(reject.getMessage()).contains("step 1 of 3"));
  }
}
