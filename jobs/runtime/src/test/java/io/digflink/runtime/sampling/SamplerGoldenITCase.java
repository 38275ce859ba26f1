package io.digflink.runtime.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;

import io.digflink.export.checkpoint.Checkpoints;
import io.digflink.export.checkpoint.StateDict;
import io.digflink.operators.Tolerances;
import io.digflink.runtime.model.ModelBundle;
import io.digflink.runtime.model.TestBundles;
import io.digflink.runtime.session.DenoiserSession;
import io.digflink.runtime.session.Device;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Whole trajectories of {@code dig-plain} by the official PyTorch code, guidance 4 on three
 * channels, against ours through ONNX Runtime.
 */
class SamplerGoldenITCase {
  private static final float TOLERANCE = (float) Tolerances.of("trajectory.max");

  private static final int STEPS = 10;
  private static final int[] LABELS = {3, 8};

  @TempDir private static Path directory;

  private static ModelBundle bundle;
  private static DenoiserSession session;
  private static StateDict golden;

  @BeforeAll
  static void open() throws Exception {
    bundle = TestBundles.digPlain(directory);
    session = bundle.openDenoiser(Device.CPU, 0);
    golden = Checkpoints.open(resource()).model();
  }

  private static Path resource() throws URISyntaxException {
    return Path.of(
        SamplerGoldenITCase.class.getResource("/golden/samplers/trajectory.safetensors").toURI());
  }

  @AfterAll
  static void close() {
    session.close();
  }

  @Test
  void ddimEndsWhereTheOfficialCodeDoes() throws Exception {
    RowBatch batch = new RowBatch(4, bundle.latentShape(), bundle.diffusion());
    Trajectory[] trajectories = {
      begin(SamplerType.DDIM, TimestepSpacing.DDIM, 0, 0, initial(0)),
      begin(SamplerType.DDIM, TimestepSpacing.DDIM, 1, 0, initial(1))
    };
    for (int step = 0; step < STEPS; step++) {
      batch.clear();
      for (Trajectory trajectory : trajectories) {
        batch.add(trajectory);
      }
      session.run(batch);
      batch.advance();
    }
    for (int image = 0; image < 2; image++) {
      assertCloseTo(image("ddim_final", image), trajectories[image].latent());
    }
  }

  @Test
  void ddpmEndsWhereTheOfficialCodeDoesWithItsNoise() throws Exception {
    NoiseSchedule schedule =
        bundle.diffusion().schedule().respaced(TimestepSpacing.UNIFORM.choose(1000, STEPS));
    DdpmSampler sampler = new DdpmSampler(schedule);
    LatentShape shape = bundle.latentShape();
    RowBatch batch = new RowBatch(2, shape, bundle.diffusion());
    float[] recorded = golden.get("ddpm_noise").toFloatArray();
    for (int image = 0; image < 2; image++) {
      float[] latent = initial(image);
      for (int step = 0; step < STEPS; step++) {
        batch.clear();
        batch.add(begin(SamplerType.DDPM, TimestepSpacing.UNIFORM, image, step, latent));
        session.run(batch);
        int from = (2 * step + image) * shape.size();
        float[] noise = Arrays.copyOfRange(recorded, from, from + shape.size());
        sampler.step(STEPS - 1 - step, latent, guided(batch), noise, null);
      }
      assertCloseTo(image("ddpm_final", image), latent);
    }
  }

  private static void assertCloseTo(float[] expected, float[] latent) {
    float largest = 0;
    for (float value : expected) {
      largest = Math.max(largest, Math.abs(value));
    }
    assertThat(latent).containsExactly(expected, offset(TOLERANCE * largest));
  }

  private static Prediction guided(RowBatch batch) {
    int size = batch.shape().size();
    float[] epsilon = new float[size];
    float[] variance = new float[size];
    float[] unconditional = new float[size];
    batch.output().get(0, epsilon).get(size, variance).get(2 * size, unconditional);
    new Guidance(4).apply(epsilon, unconditional, batch.shape());
    return new Prediction(epsilon, variance);
  }

  private static Trajectory begin(
      SamplerType type, TimestepSpacing spacing, int image, int stepsDone, float[] latent) {
    TrajectorySpec spec =
        new TrajectorySpec(
            0,
            image,
            LABELS[image],
            bundle.latentShape(),
            type,
            STEPS,
            spacing,
            0,
            new Guidance(4));
    return bundle.diffusion().restore(new TrajectoryState(spec, stepsDone, latent, null));
  }

  private static float[] initial(int image) {
    return image("initial", image);
  }

  private static float[] image(String name, int image) {
    int size = bundle.latentShape().size();
    return Arrays.copyOfRange(golden.get(name).toFloatArray(), image * size, (image + 1) * size);
  }
}
