package io.digflink.lab.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.digflink.runtime.image.ImageEncoder;
import io.digflink.runtime.image.ImageFormat;
import io.digflink.runtime.model.ModelBundle;
import io.digflink.runtime.sampling.Guidance;
import io.digflink.runtime.sampling.SamplerType;
import io.digflink.runtime.sampling.TimestepSpacing;
import io.digflink.runtime.sampling.TrajectorySpec;
import io.digflink.runtime.session.Device;
import io.digflink.tests.support.TestModels;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BareLoopITCase {
  private static final ImageEncoder PNG = new ImageEncoder(ImageFormat.PNG, 90);

  @TempDir private static Path models;
  private static ModelBundle bundle;

  @BeforeAll
  static void export() throws Exception {
    TestModels.exportPlain(models);
    bundle = ModelBundle.open(models.resolve(TestModels.PLAIN));
  }

  @Test
  void makesTheSameFilesAloneAndAmongSixteenOthers() throws Exception {
    List<TrajectorySpec> specs = new ArrayList<>();
    for (int i = 0; i < 17; i++) {
      specs.add(spec(i));
    }
    BareLoop.Result together = run(specs, 2, new BareLoop.Limits(32, 17, 8));
    BareLoop.Result squeezed = run(specs, 1, new BareLoop.Limits(5, 7, 3));

    assertThat(together.files()).hasSize(17);
    assertThat(together.meanRows()).isGreaterThan(5);
    assertThat(squeezed.files()).hasSize(17);
    for (int i = 0; i < specs.size(); i += 4) { // each sampler, guided and not
      BareLoop.Result alone = run(List.of(specs.get(i)), 2, new BareLoop.Limits(2, 1, 1));
      assertThat(alone.runs()).isEqualTo(specs.get(i).steps());
      assertThat(together.files().get(i)).as("image %d", i).isEqualTo(alone.files().get(0));
      assertThat(squeezed.files().get(i)).as("image %d", i).isEqualTo(alone.files().get(0));
    }
  }

  private static BareLoop.Result run(
      List<TrajectorySpec> specs, int threads, BareLoop.Limits limits) throws Exception {
    try (BareLoop loop =
        new BareLoop(bundle, bundle.latentShape(), Device.CPU, threads, limits, PNG)) {
      return loop.run(specs);
    }
  }

  private static TrajectorySpec spec(int index) {
    SamplerType sampler = SamplerType.values()[index % 3];
    return new TrajectorySpec(
        11,
        index,
        index % 10,
        bundle.latentShape(),
        sampler,
        4 + index % 7,
        TimestepSpacing.UNIFORM,
        sampler == SamplerType.DDIM ? 0.5 : 0,
        new Guidance(1 + index % 8 * 0.5));
  }
}
