package io.digflink.runtime.sampling;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.digflink.bundle.Precision;
import io.digflink.export.ExportRequest;
import io.digflink.export.ExportRequest.WeightChoice;
import io.digflink.export.Exporter;
import io.digflink.export.checkpoint.Checkpoints;
import io.digflink.export.checkpoint.StateDict;
import io.digflink.operators.Tolerances;
import io.digflink.runtime.model.ModelBundle;
import io.digflink.runtime.session.DenoiserSession;
import io.digflink.runtime.session.Device;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The model that ships, exported and sampled here, against the latents that the training recipe's
 * own sampler made of the same noise ({@code export_parity.py}).
 */
class TrainedModelITCase {
  private static final Path MODEL = Path.of("../../model-export/models/fashion-dig");

  private static final int STEPS = 50;

  @TempDir private static Path directory;

  private static ModelBundle bundle;
  private static StateDict recorded;

  @BeforeAll
  static void export() throws Exception {
    Map<String, Object> config =
        new JsonMapper().readValue(MODEL.resolve("config.json").toFile(), new TypeReference<>() {});
    Path out = directory.resolve("fashion-dig");
    new Exporter(
            new ExportRequest(
                Optional.of(MODEL.resolve("checkpoint.pt")),
                OptionalLong.empty(),
                Optional.of(MODEL.resolve("vae")),
                out,
                Optional.empty(),
                WeightChoice.EMA,
                Optional.empty(),
                Optional.of(config),
                Precision.FP32,
                Optional.empty(),
                Files.readAllLines(MODEL.resolve("class_names.txt")),
                false),
            line -> {})
        .export();
    bundle = ModelBundle.open(out);
    Path latents =
        Path.of(
            TrainedModelITCase.class.getResource("/golden/fashion-dig/parity.safetensors").toURI());
    recorded = Checkpoints.open(latents).model();
  }

  @ParameterizedTest
  @ValueSource(doubles = {1.0, 1.5})
  void ddimEndsWhereTheRecipeDoes(double guidance) throws Exception {
    float[] labels = recorded.get("label").toFloatArray();
    float[] initial = recorded.get("initial").toFloatArray();
    float[] expected = recorded.get("ddim50_" + guidance).toFloatArray();
    List<Trajectory> trajectories =
        IntStream.range(0, labels.length)
            .mapToObj(i -> begin(i, (int) labels[i], guidance, initial))
            .toList();
    RowBatch batch = new RowBatch(2 * labels.length, bundle.latentShape(), bundle.diffusion());
    try (DenoiserSession session = bundle.openDenoiser(Device.CPU, 1)) {
      for (int step = 0; step < STEPS; step++) {
        batch.clear();
        trajectories.forEach(batch::add);
        session.run(batch);
        batch.advance();
      }
    }
    double error = 0;
    double norm = 0;
    int size = bundle.latentShape().size();
    for (int i = 0; i < expected.length; i++) {
      double difference = trajectories.get(i / size).latent()[i % size] - expected[i];
      error += difference * difference;
      norm += (double) expected[i] * expected[i];
    }
    assertThat(Math.sqrt(error / norm))
        .as("relative L2")
        .isLessThanOrEqualTo(Tolerances.of("trajectory.trained"));
  }

  private static Trajectory begin(int image, int label, double guidance, float[] initial) {
    LatentShape shape = bundle.latentShape();
    TrajectorySpec spec =
        new TrajectorySpec(
            0,
            image,
            label,
            shape,
            SamplerType.DDIM,
            STEPS,
            TimestepSpacing.DDIM,
            0,
            new Guidance(guidance));
    float[] noise = Arrays.copyOfRange(initial, image * shape.size(), (image + 1) * shape.size());
    return bundle.diffusion().restore(new TrajectoryState(spec, 0, noise, null));
  }
}
