package io.digflink.export;

import static org.assertj.core.api.Assertions.assertThat;

import io.digflink.bundle.BundleDirectory;
import io.digflink.bundle.Precision;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A graph for any size against the graph that was made for just that size. */
class ImageSizesITCase {
  @TempDir Path directory;

  @ParameterizedTest
  @CsvSource({
    "DiG, 64, 64",
    "DiG, 128, 64",
    "DiG, 32, 96",
    "DiG, 16, 16",
    "DiT, 64, 64",
    "DiT, 128, 64"
  })
  void aGraphForAnySizeGivesWhatTheGraphForThisSizeGives(String architecture, int height, int width)
      throws Exception {
    BundleDirectory any = export("any", architecture, Optional.empty());
    BundleDirectory one = export("one", architecture, Optional.of(new ImageSize(height, width)));
    long[] shape = {2, 4, height / 8, width / 8};
    double[] latent = new Random(3).doubles(2L * 4 * height * width / 64, -2, 2).toArray();
    double[] timestep = {17, 901};
    double[] label = {0, 3};
    try (BundleRunner anySize = new BundleRunner(any.denoiser(), false);
        BundleRunner oneSize = new BundleRunner(one.denoiser(), false)) {
      float[] expected = oneSize.denoise(latent, shape, timestep, label);
      float[] found = anySize.denoise(latent, shape, timestep, label);
      double[] wide = new double[expected.length];
      for (int i = 0; i < wide.length; i++) {
        wide[i] = expected[i];
      }
      assertThat(found).hasSize(2 * 8 * height * width / 64);
      GraphOutputs.assertClose(found, wide, Precision.FP32);
    }
  }

  private BundleDirectory export(String name, String architecture, Optional<ImageSize> size)
      throws Exception {
    Map<String, Object> config =
        new HashMap<>(
            Map.of(
                "architecture", architecture,
                "depth", 4,
                "hidden_size", 32,
                "num_heads", 2,
                "input_size", 8,
                "num_classes", 3));
    if (architecture.equals("DiG")) {
      config.putAll(Map.of("if_dw_conv", true, "if_quad_dir", true, "if_skip", true));
    }
    ExportRequest request =
        new ExportRequest(
            Optional.empty(),
            OptionalLong.of(11),
            Optional.empty(),
            directory.resolve(name),
            Optional.empty(),
            ExportRequest.WeightChoice.BEST,
            Optional.empty(),
            Optional.of(config),
            Precision.FP32,
            size,
            List.of(),
            false);
    return new Exporter(request, line -> {}).export();
  }
}
