package io.digflink.jobs.decode;

import static org.assertj.core.api.Assertions.assertThat;

import io.digflink.jobs.denoise.DenoisedImage;
import io.digflink.jobs.denoise.Handover;
import io.digflink.jobs.model.ModelSettings;
import io.digflink.jobs.request.AdmittedRequest;
import io.digflink.jobs.request.Answer;
import io.digflink.jobs.request.ImageHeader;
import io.digflink.jobs.request.IncomingRecord;
import io.digflink.jobs.request.RequestNews;
import io.digflink.jobs.request.SideOutputs;
import io.digflink.runtime.model.TestBundles;
import io.digflink.runtime.sampling.LatentShape;
import io.digflink.schemas.GeneratedImage;
import io.digflink.schemas.GenerationRequest;
import io.digflink.schemas.RejectReason;
import io.digflink.schemas.RequestState;
import io.digflink.schemas.codec.RecordCodec;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
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
  private static final RecordCodec<GenerationRequest> CODEC =
      RecordCodec.of(GenerationRequest.class);
  private static final LatentShape SHAPE = new LatentShape(4, 16, 16);

  @TempDir private Path directory;

  private OneInputStreamOperatorTestHarness<Handover, Answer<GeneratedImage>> harness;

  @AfterEach
  void close() throws Exception {
    harness.close();
  }

  @Test
  void anImageThatIsNotFiniteIsRejectedAndCostsNoOtherAnything() throws Exception {
    TestBundles.export("dig-plain", directory, "m");
    float[] spoiled = new float[SHAPE.size()];
    spoiled[5] = Float.NaN;

    List<String> expected = decode(latent(0.5f), latent(0.25f));
    harness.close();

    assertThat(decode(latent(0.5f), spoiled, latent(0.25f))).hasSize(2).isEqualTo(expected);

    assertThat(harness.getSideOutput(SideOutputs.REJECTED))
        .singleElement()
        .satisfies(
            record -> {
              assertThat(record.getValue().record().getReason()).isEqualTo(RejectReason.NOT_FINITE);
              assertThat(record.getValue().record().getMessage())
                  .startsWith("Model m gave values that are not finite for image 1 (decoder): ")
                  .endsWith("(1 of 3 images failed)");
            });
  }

  @Test
  void latentsOfAModelThatIsGoneOrReplacedAreRejectedWithTheirRequest() throws Exception {
    TestBundles.export("dig-plain", directory, "m");
    start();
    AdmittedRequest gone = request("gone", "gone", new int[] {0});
    AdmittedRequest replaced = request("replaced", "m", new int[] {0});
    for (AdmittedRequest request : List.of(gone, replaced)) {
      harness.processElement(
          new Handover(
              image(request, 0, latent(0.5f), "ab".repeat(32)),
              RequestNews.end(request, RequestState.COMPLETED, 1, 0)),
          0);
    }
    harness.endInput();

    assertThat(harness.extractOutputValues()).isEmpty();
    assertThat(harness.getSideOutput(SideOutputs.REJECTED))
        .extracting(record -> record.getValue().record())
        .allSatisfy(
            reject -> {
              assertThat(reject.getReason()).isEqualTo(RejectReason.UNKNOWN_MODEL);
              assertThat(CODEC.decode(reject.getOriginal().array()).getRequestId())
                  .isEqualTo(reject.getRequestId());
            })
        .extracting(reject -> reject.getRequestId() + ": " + reject.getValue())
        .containsExactly("gone: gone", "replaced: m");
    assertThat(harness.getSideOutput(SideOutputs.PROGRESS))
        .extracting(record -> record.getValue().record().getState())
        .containsExactly(RequestState.REJECTED, RequestState.REJECTED);
  }

  @Test
  void newsWaitsForTheImagesOfItsRequestAndOutlivesARestore() throws Exception {
    TestBundles.export("dig-plain", directory, "m");
    start();
    AdmittedRequest request = request("r", "m", new int[] {0});
    AdmittedRequest other = request("other", "m", new int[] {0});
    harness.processElement(
        new Handover(
            image(request, 0, latent(0.5f), null),
            RequestNews.end(request, RequestState.EXPIRED, 1, 0)),
        0);
    harness.processElement(new Handover(null, RequestNews.of(other, RequestState.ADMITTED, 0)), 0);
    OperatorSubtaskState snapshot = harness.snapshot(1, 0);
    assertThat(states()).containsExactly("other ADMITTED 0");
    harness.close();

    restore(snapshot);
    harness.endInput();

    assertThat(harness.extractOutputValues()).hasSize(1);
    assertThat(states()).containsExactly("r EXPIRED 1");
  }

  private List<String> states() {
    return harness.getSideOutput(SideOutputs.PROGRESS).stream()
        .map(record -> record.getValue().record())
        .map(p -> p.getRequestId() + " " + p.getState() + " " + p.getImagesDone())
        .toList();
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

  private static AdmittedRequest request(String id, String model, int[] labels) {
    GenerationRequest request =
        GenerationRequest.newBuilder()
            .setRequestId(id)
            .setModel(model)
            .setLabels(Arrays.stream(labels).boxed().toList())
            .build();
    return new AdmittedRequest(
        CODEC.encode(request),
        "t-0@" + id,
        request,
        labels,
        SHAPE,
        0,
        0,
        IncomingRecord.NO_HEADERS);
  }

  /** Decodes latents of one request in one run and returns the images' digests. */
  private List<String> decode(float[]... latents) throws Exception {
    start();
    AdmittedRequest admitted = request("r", "m", new int[latents.length]);
    for (int i = 0; i < latents.length; i++) {
      harness.processElement(new Handover(image(admitted, i, latents[i], null), null), 0);
    }
    harness.processElement(
        new Handover(null, RequestNews.end(admitted, RequestState.COMPLETED, latents.length, 0)),
        0);
    harness.endInput();
    return harness.extractOutputValues().stream()
        .map(answer -> answer.record().getSha256())
        .toList();
  }

  private static DenoisedImage image(
      AdmittedRequest admitted, int index, float[] latent, String bundleDigest) {
    return new DenoisedImage(ImageHeader.of(admitted, index, bundleDigest, 1, 0, 0), latent);
  }

  private static float[] latent(float value) {
    float[] latent = new float[SHAPE.size()];
    Arrays.fill(latent, value);
    return latent;
  }
}
