package io.digflink.runtime.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.digflink.operators.BuiltLibrary;
import io.digflink.runtime.model.ModelBundle;
import io.digflink.runtime.model.TestBundles;
import io.digflink.runtime.sampling.Guidance;
import io.digflink.runtime.sampling.LatentShape;
import io.digflink.runtime.sampling.RowBatch;
import io.digflink.runtime.sampling.SamplerType;
import io.digflink.runtime.sampling.TimestepSpacing;
import io.digflink.runtime.sampling.Trajectory;
import io.digflink.runtime.sampling.TrajectorySpec;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SessionITCase {
  @TempDir private static Path directory;

  private static ModelBundle bundle;
  private static ModelBundle unconditional;
  private static ModelBundle mamba;

  @BeforeAll
  static void export() throws Exception {
    bundle = TestBundles.digPlain(directory);
    unconditional = TestBundles.digUnconditional(directory);
    mamba = TestBundles.export("dis", directory, "dis");
  }

  @Test
  void sharesOneSessionUntilTheLastLeaseIsClosed() throws Exception {
    int before = SessionPool.shared().size();
    Trajectory trajectory = begin(bundle, 0, bundle.latentShape());
    RowBatch batch = new RowBatch(2, bundle.latentShape(), bundle.diffusion());
    batch.add(trajectory);
    DenoiserSession first = bundle.openDenoiser(Device.CPU, 0);
    DenoiserSession second = bundle.openDenoiser(Device.CPU, 0);
    assertThat(SessionPool.shared().size()).isEqualTo(before + 1);
    second.run(batch);
    second.close();
    second.close();
    first.run(batch);
    assertThat(SessionPool.shared().size()).isEqualTo(before + 1);
    first.close();
    assertThat(SessionPool.shared().size()).isEqualTo(before);
  }

  /** Alone, and at every place of batches of every size up to 17. */
  @ParameterizedTest
  @ValueSource(strings = {"dig-plain", "dis"})
  void givesARowTheSameBitsInEveryBatch(String name) throws Exception {
    BuiltLibrary.require(); // the function bodies round otherwise in other batches
    ModelBundle model = name.equals("dis") ? mamba : bundle;
    LatentShape shape = model.latentShape();
    try (DenoiserSession session = model.openDenoiser(Device.CPU, 0)) {
      List<float[]> alone = new ArrayList<>();
      for (int i = 0; i < 17; i++) {
        alone.add(outputs(session, List.of(begin(model, i, shape)), shape).get(0));
      }
      for (int rows = 2; rows <= 17; rows++) {
        List<Trajectory> members = new ArrayList<>();
        for (int i = 0; i < rows; i++) {
          members.add(begin(model, i, shape));
        }
        Collections.rotate(members, 1);
        List<float[]> together = outputs(session, members, shape);
        for (int i = 0; i < rows; i++) {
          assertThat(together.get(i))
              .as("row %d of %d", i, rows)
              .isEqualTo(alone.get(members.get(i).spec().index()));
        }
      }
    }
  }

  @Test
  void givesTheSameBitsForEveryNumberOfThreads() throws Exception {
    LatentShape shape = new LatentShape(4, 24, 32);
    List<Trajectory> members = List.of(begin(bundle, 0, shape), begin(bundle, 1, shape));
    List<List<float[]>> results = new ArrayList<>();
    for (int threads = 1; threads <= 3; threads++) {
      try (DenoiserSession session = bundle.openDenoiser(Device.CPU, threads)) {
        results.add(outputs(session, members, shape));
      }
    }
    for (int i = 0; i < members.size(); i++) {
      assertThat(results.get(1).get(i)).isEqualTo(results.get(0).get(i));
      assertThat(results.get(2).get(i)).isEqualTo(results.get(0).get(i));
    }
  }

  @Test
  void runsAModelWithoutClasses() throws Exception {
    LatentShape shape = unconditional.latentShape();
    TrajectorySpec spec =
        new TrajectorySpec(
            1,
            0,
            null,
            shape,
            SamplerType.DPM_SOLVER_PP_2M,
            3,
            TimestepSpacing.UNIFORM,
            0,
            Guidance.NONE);
    Trajectory trajectory = unconditional.diffusion().begin(spec);
    RowBatch batch = new RowBatch(2, shape, unconditional.diffusion());
    try (DenoiserSession session = unconditional.openDenoiser(Device.CPU, 0)) {
      while (!trajectory.isDone()) {
        batch.clear();
        batch.add(trajectory);
        session.run(batch);
        batch.advance();
      }
    }
    for (float value : trajectory.latent()) {
      assertThat(value).isFinite();
    }
  }

  /** The decoder's own check against the official code is the exporter's. */
  @Test
  void decodesALatentToTheSameBitsAloneAndAmongOthers() throws Exception {
    LatentShape shape = bundle.latentShape();
    List<float[]> latents = latents(9);
    try (DecoderSession decoder = bundle.openDecoder(Device.CPU, 0)) {
      float[][] together = decoder.run(latents, shape, latents.size());
      int scale = bundle.imageScale();
      for (int i = 0; i < latents.size(); i++) {
        float[] alone = decoder.run(List.of(latents.get(i)), shape, 1)[0];
        assertThat(alone).hasSize(3 * scale * scale * shape.plane()).isEqualTo(together[i]);
        for (float value : alone) {
          assertThat(value).isFinite();
        }
      }
    }
  }

  @Test
  void whereRowsAreEvenARunHasThemWhateverItIsGiven() throws Exception {
    LatentShape shape = bundle.latentShape();
    List<float[]> latents = latents(5);
    try (DecoderSession plain = bundle.openDecoder(Device.CPU, 0);
        DecoderSession even = evenDecoder()) {
      float[][] expected = plain.run(latents, shape, 5);

      assertThat(plain.rows(3, shape, 5)).isEqualTo(3);
      assertThat(even.rows(3, shape, 5)).isEqualTo(5);
      assertThat(even.run(latents.subList(0, 3), shape, 5)).isEqualTo(Arrays.copyOf(expected, 3));
      assertThat(even.run(latents.subList(4, 5), shape, 5)[0]).isEqualTo(expected[4]);
    }
  }

  @Test
  void whereRowsAreEvenLargeImagesGoAlone() throws Exception {
    try (DecoderSession plain = bundle.openDecoder(Device.CPU, 0);
        DecoderSession even = evenDecoder()) {
      int side = 256 / bundle.imageScale();
      assertThat(even.batchSize(new LatentShape(4, side, side), 16)).isEqualTo(8);
      assertThat(even.batchSize(new LatentShape(4, side, side), 2)).isEqualTo(2);
      assertThat(even.batchSize(new LatentShape(4, 2 * side, 2 * side), 16)).isEqualTo(2);
      assertThat(even.batchSize(new LatentShape(4, 8 * side, 8 * side), 16)).isEqualTo(1);
      assertThat(plain.batchSize(new LatentShape(4, 8 * side, 8 * side), 16)).isEqualTo(16);
    }
  }

  private static List<float[]> latents(int count) throws Exception {
    List<float[]> latents = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      latents.add(begin(bundle, i, bundle.latentShape()).latent());
    }
    return latents;
  }

  /** A decoder as on a GPU. */
  private static DecoderSession evenDecoder() throws SessionException {
    SessionPool.Lease lease =
        SessionPool.shared().acquire(directory.resolve("dig-plain/decoder.onnx"), Device.CPU, 0);
    return new DecoderSession(lease, bundle.imageScale(), 3, true);
  }

  @Test
  void saysWhichGraphCannotBeOpened() {
    Path missing = directory.resolve("missing.onnx");
    assertThatThrownBy(() -> DenoiserSession.open(missing, Device.CPU, 0))
        .isInstanceOf(SessionException.class)
        .hasMessageStartingWith("No session of " + missing + " on cpu: ");
  }

  private static List<float[]> outputs(
      DenoiserSession session, List<Trajectory> members, LatentShape shape) throws Exception {
    RowBatch batch = new RowBatch(Math.max(2, members.size()), shape, bundle.diffusion());
    members.forEach(batch::add);
    session.run(batch);
    List<float[]> outputs = new ArrayList<>();
    for (int i = 0; i < members.size(); i++) {
      float[] output = new float[batch.outputSize()];
      batch.output().get(i * batch.outputSize(), output);
      outputs.add(output);
    }
    return outputs;
  }

  private static Trajectory begin(ModelBundle model, int index, LatentShape shape) {
    TrajectorySpec spec =
        new TrajectorySpec(
            5,
            index,
            index % 10,
            shape,
            SamplerType.DDIM,
            10 + index,
            TimestepSpacing.UNIFORM,
            0,
            Guidance.NONE);
    return model.diffusion().begin(spec);
  }
}
