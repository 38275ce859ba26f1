package io.digflink.jobs.decode;

import static org.assertj.core.api.Assertions.assertThat;

import io.digflink.jobs.denoise.DenoisedImage;
import io.digflink.jobs.denoise.Handover;
import io.digflink.jobs.model.ModelSettings;
import io.digflink.jobs.request.AdmittedRequest;
import io.digflink.jobs.request.ImageHeader;
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
import org.apache.flink.api.common.typeinfo.TypeInformation;
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

  private OneInputStreamOperatorTestHarness<Handover, GeneratedImage> harness;

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
              assertThat(record.getValue().getReason()).isEqualTo(RejectReason.NOT_FINITE);
              assertThat(record.getValue().getMessage())
                  .startsWith("Model m gave values that are not finite for image 1 (decoder): ")
                  .endsWith(" (1 of 3 images failed)");
            });
  }

  /** Decodes latents of one request in one run and returns the images' digests. */
  private List<String> decode(float[]... latents) throws Exception {
    harness =
        new OneInputStreamOperatorTestHarness<>(
            new DecodeOperatorFactory(
                new DecodeSettings(8, 1 << 20, null, 10),
                new ModelSettings(directory.toString(), "cpu", 1)));
    harness.setup(
        TypeInformation.of(GeneratedImage.class)
            .createSerializer(harness.getExecutionConfig().getSerializerConfig()));
    harness.open();
    int[] labels = new int[latents.length];
    GenerationRequest request =
        GenerationRequest.newBuilder()
            .setRequestId("r")
            .setModel("m")
            .setLabels(Arrays.stream(labels).boxed().toList())
            .build();
    AdmittedRequest admitted =
        new AdmittedRequest(CODEC.encode(request), "t-0@0", request, labels, SHAPE, 0, 0);
    for (int i = 0; i < latents.length; i++) {
      ImageHeader header = ImageHeader.of(admitted, i, i + 1, null, 1, 0, 0);
      RequestNews end =
          header.isLast()
              ? RequestNews.end(admitted, RequestState.COMPLETED, latents.length, 0)
              : null;
      harness.processElement(new Handover(new DenoisedImage(header, latents[i]), end), 0);
    }
    harness.endInput();
    return harness.extractOutputValues().stream().map(GeneratedImage::getSha256).toList();
  }

  private static float[] latent(float value) {
    float[] latent = new float[SHAPE.size()];
    Arrays.fill(latent, value);
    return latent;
  }
}
