package io.digflink.runtime.image;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.digflink.bundle.Precision;
import io.digflink.export.ExportRequest;
import io.digflink.export.Exporter;
import io.digflink.runtime.model.ModelBundle;
import io.digflink.runtime.sampling.Guidance;
import io.digflink.runtime.sampling.LatentShape;
import io.digflink.runtime.sampling.RowBatch;
import io.digflink.runtime.sampling.SamplerType;
import io.digflink.runtime.sampling.TimestepSpacing;
import io.digflink.runtime.sampling.Trajectory;
import io.digflink.runtime.sampling.TrajectorySpec;
import io.digflink.runtime.session.DecoderSession;
import io.digflink.runtime.session.DenoiserSession;
import io.digflink.runtime.session.Device;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Previews of the model that ships, beside what its decoder makes. */
class PreviewRendererITCase {
  private static final Path MODEL = Path.of("../../model-export/models/fashion-dig");
  private static final int IMAGES = 10;
  private static final int STEPS = 12;

  @TempDir private static Path directory;

  private static ModelBundle bundle;
  private static PreviewRenderer renderer;

  @BeforeAll
  static void export() throws Exception {
    bundle = ModelBundle.open(export("first"));
    renderer = PreviewRenderer.of(bundle.manifest()).orElseThrow();
  }

  private static Path export(String name) throws Exception {
    Map<String, Object> config =
        new JsonMapper().readValue(MODEL.resolve("config.json").toFile(), new TypeReference<>() {});
    Path out = directory.resolve(name);
    new Exporter(
            new ExportRequest(
                Optional.of(MODEL.resolve("checkpoint.pt")),
                OptionalLong.empty(),
                Optional.of(MODEL.resolve("vae")),
                out,
                Optional.of("fashion-dig"),
                ExportRequest.WeightChoice.EMA,
                Optional.empty(),
                Optional.of(config),
                Precision.FP32,
                Optional.empty(),
                List.of(),
                false),
            line -> {})
        .export();
    return out;
  }

  @Test
  void anotherExportFindsTheSameMap() throws Exception {
    ModelBundle second = ModelBundle.open(export("second"));

    assertThat(second.manifest().preview()).isEqualTo(bundle.manifest().preview());
    assertThat(second.digest()).isEqualTo(bundle.digest());
  }

  /** Predictions in the middle and at the end of all images, and the images. */
  private record Run(List<float[]> half, List<float[]> last, List<float[]> clean) {}

  @ParameterizedTest
  @EnumSource(SamplerType.class)
  void aPreviewShowsWhatTheImageWillBe(SamplerType sampler) throws Exception {
    Run run = run(sampler, true);
    LatentShape shape = bundle.latentShape();
    List<float[]> images;
    try (DecoderSession decoder = bundle.openDecoder(Device.CPU, 1)) {
      images = List.of(decoder.run(run.clean, shape, IMAGES));
    }

    double atTheEnd = explained(run.last, images);
    double inTheMiddle = explained(run.half, images);
    System.out.printf(
        "%s: of the variance of the cells a preview explains %.3f in the middle, %.3f at the end%n",
        sampler, inTheMiddle, atTheEnd);
    // No linear map explains more than 0.74 of these images, even one fitted to them.
    assertThat(atTheEnd).isGreaterThan(0.7);
    assertThat(inTheMiddle).isGreaterThan(0.7);
  }

  @ParameterizedTest
  @EnumSource(SamplerType.class)
  void anImageIsTheSameWithAndWithoutPreviews(SamplerType sampler) throws Exception {
    List<float[]> with = run(sampler, true).clean;
    List<float[]> without = run(sampler, false).clean;

    for (int i = 0; i < IMAGES; i++) {
      assertThat(with.get(i)).isEqualTo(without.get(i));
    }
  }

  @Test
  void aPreviewIsASmallJpegAndTheSameLatentGivesTheSameBytes() throws Exception {
    float[] latent = new float[4 * 6 * 8];
    latent[0] = 2;
    LatentShape shape = new LatentShape(4, 6, 8);

    byte[] file = renderer.render(latent, shape).orElseThrow();

    BufferedImage preview = ImageIO.read(new ByteArrayInputStream(file));
    assertThat(preview.getWidth()).isEqualTo(8 * PreviewRenderer.SCALE);
    assertThat(preview.getHeight()).isEqualTo(6 * PreviewRenderer.SCALE);
    assertThat(file).hasSizeLessThan(2_000).isEqualTo(renderer.render(latent, shape).orElseThrow());
    assertThat(new String(file, 6, 4, StandardCharsets.US_ASCII)).isEqualTo("JFIF");
  }

  @Test
  void aLatentThatIsNotFiniteHasNone() {
    float[] latent = new float[4 * 6 * 8];
    latent[17] = Float.NaN;

    assertThat(renderer.render(latent, new LatentShape(4, 6, 8))).isEmpty();
  }

  @Test
  void aBundleWithoutAMapHasNone() {
    assertThat(PreviewRenderer.of(bundle.manifest().withPreview(null))).isEmpty();
  }

  private static Run run(SamplerType sampler, boolean previews) throws Exception {
    LatentShape shape = bundle.latentShape();
    List<Trajectory> trajectories =
        IntStream.range(0, IMAGES).mapToObj(i -> begin(i, sampler, shape)).toList();
    Run run = new Run(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
    RowBatch batch = new RowBatch(2 * IMAGES, shape, bundle.diffusion());
    try (DenoiserSession session = bundle.openDenoiser(Device.CPU, 1)) {
      for (int step = 1; step <= STEPS; step++) {
        batch.clear();
        for (Trajectory trajectory : trajectories) {
          if (previews && (step == STEPS / 2 || step == STEPS)) {
            float[] prediction = new float[shape.size()];
            (step == STEPS ? run.last : run.half).add(prediction);
            trajectory.predictCleanInto(prediction);
          }
          batch.add(trajectory);
        }
        session.run(batch);
        batch.advance();
      }
    }
    trajectories.forEach(trajectory -> run.clean.add(trajectory.latent()));
    return run;
  }

  private static Trajectory begin(int index, SamplerType sampler, LatentShape shape) {
    return bundle
        .diffusion()
        .begin(
            new TrajectorySpec(
                7,
                index,
                index,
                shape,
                sampler,
                STEPS,
                TimestepSpacing.UNIFORM,
                0,
                new Guidance(2)));
  }

  /** The share of the variance of the images' cells that previews of latents explain. */
  private static double explained(List<float[]> latents, List<float[]> images) {
    LatentShape shape = bundle.latentShape();
    int scale = bundle.imageScale();
    int width = shape.width() * scale;
    double error = 0;
    double sum = 0;
    double squares = 0;
    int count = 0;
    for (int i = 0; i < IMAGES; i++) {
      float[] preview = renderer.pixels(latents.get(i), shape);
      for (int cell = 0; cell < preview.length; cell++) {
        int color = cell / shape.plane();
        int y = cell % shape.plane() / shape.width();
        int x = cell % shape.width();
        double mean = 0;
        for (int p = 0; p < scale * scale; p++) {
          int row = (color * shape.height() + y) * scale + p / scale;
          float pixel = images.get(i)[row * width + x * scale + p % scale];
          mean += Math.max(-1, Math.min(1, pixel)) / (scale * scale);
        }
        double shown = Math.max(-1, Math.min(1, preview[cell]));
        error += (shown - mean) * (shown - mean);
        sum += mean;
        squares += mean * mean;
        count++;
      }
    }
    return 1 - error / (squares - sum * sum / count);
  }
}
