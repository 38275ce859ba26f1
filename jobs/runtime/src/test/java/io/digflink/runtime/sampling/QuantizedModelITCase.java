package io.digflink.runtime.sampling;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.digflink.bundle.Precision;
import io.digflink.export.ExportRequest;
import io.digflink.export.ExportRequest.WeightChoice;
import io.digflink.export.Exporter;
import io.digflink.operators.Tolerances;
import io.digflink.runtime.model.ModelBundle;
import io.digflink.runtime.session.DenoiserSession;
import io.digflink.runtime.session.Device;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The model that ships, exported in 8 bits, against its export in float32. */
class QuantizedModelITCase {
  private static final Path MODEL = Path.of("../../model-export/models/fashion-dig");
  private static final int IMAGES = 8;
  private static final int STEPS = 20;

  @TempDir private static Path directory;

  private static ModelBundle single;
  private static ModelBundle quantized;

  @BeforeAll
  static void export() throws Exception {
    single = export(Precision.FP32);
    quantized = export(Precision.FP8);
  }

  private static ModelBundle export(Precision precision) throws Exception {
    Map<String, Object> config =
        new JsonMapper().readValue(MODEL.resolve("config.json").toFile(), new TypeReference<>() {});
    Path out = directory.resolve(precision.name());
    new Exporter(
            new ExportRequest(
                Optional.of(MODEL.resolve("checkpoint.pt")),
                OptionalLong.empty(),
                Optional.empty(),
                out,
                Optional.empty(),
                WeightChoice.EMA,
                Optional.empty(),
                Optional.of(config),
                precision,
                Optional.empty(),
                List.of(),
                false),
            line -> {})
        .export();
    return ModelBundle.open(out);
  }

  @Test
  void aStepIsNearThatInFloat32() throws Exception {
    assertThat(relativeL2(output(quantized), output(single)))
        .isLessThanOrEqualTo(Tolerances.of("trajectory.fp8.step"));
  }

  @Test
  void aTrajectoryEndsNearThatInFloat32() throws Exception {
    assertThat(relativeL2(latents(quantized), latents(single)))
        .isLessThanOrEqualTo(Tolerances.of("trajectory.fp8"));
  }

  /** What the network says of pure noise. */
  private static float[] output(ModelBundle bundle) throws Exception {
    RowBatch batch = new RowBatch(2 * IMAGES, bundle.latentShape(), bundle.diffusion());
    trajectories(bundle).forEach(batch::add);
    try (DenoiserSession session = bundle.openDenoiser(Device.CPU, 1)) {
      session.run(batch);
    }
    FloatBuffer output = batch.output();
    float[] values = new float[output.remaining()];
    output.get(values);
    return values;
  }

  /** The latents that trajectories end with. */
  private static float[] latents(ModelBundle bundle) throws Exception {
    List<Trajectory> trajectories = trajectories(bundle);
    RowBatch batch = new RowBatch(2 * IMAGES, bundle.latentShape(), bundle.diffusion());
    try (DenoiserSession session = bundle.openDenoiser(Device.CPU, 1)) {
      for (int step = 0; step < STEPS; step++) {
        batch.clear();
        trajectories.forEach(batch::add);
        session.run(batch);
        batch.advance();
      }
    }
    FloatBuffer latents = FloatBuffer.allocate(IMAGES * bundle.latentShape().size());
    trajectories.forEach(trajectory -> latents.put(trajectory.latent()));
    return latents.array();
  }

  /** Guided trajectories, one of each class. */
  private static List<Trajectory> trajectories(ModelBundle bundle) {
    return IntStream.range(0, IMAGES)
        .mapToObj(
            image ->
                new TrajectorySpec(
                    7,
                    image,
                    image,
                    bundle.latentShape(),
                    SamplerType.DDIM,
                    STEPS,
                    TimestepSpacing.DDIM,
                    0,
                    new Guidance(1.5)))
        .map(bundle.diffusion()::begin)
        .toList();
  }

  private static double relativeL2(float[] found, float[] expected) {
    double error = 0;
    double norm = 0;
    for (int i = 0; i < expected.length; i++) {
      error += Math.pow(found[i] - expected[i], 2);
      norm += Math.pow(expected[i], 2);
    }
    return Math.sqrt(error / norm);
  }
}
