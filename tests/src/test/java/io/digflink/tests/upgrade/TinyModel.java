package io.digflink.tests.upgrade;

import com.fasterxml.jackson.databind.json.JsonMapper;
import io.digflink.bundle.Precision;
import io.digflink.export.ExportRequest;
import io.digflink.export.Exporter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/** A bundle small enough to lie beside the state: random weights, latents of 4×8×8. */
final class TinyModel {
  private static final Map<String, Object> DENOISER =
      Map.of(
          "architecture", "DiG",
          "depth", 2,
          "hidden_size", 32,
          "num_heads", 1,
          "bid_mode", "layer",
          "if_dw_conv", true,
          "if_quad_dir", false,
          "num_classes", 10,
          "input_size", 8,
          "patch_size", 2);

  private static final Map<String, Object> DECODER =
      Map.of(
          "latent_channels", 4,
          "block_out_channels", List.of(16, 8, 8, 8),
          "layers_per_block", 1,
          "norm_num_groups", 8);

  private TinyModel() {}

  /**
   * Exports the bundle.
   *
   * @param temporary takes what is needed for it
   */
  static void export(Path models, Path temporary) throws IOException {
    Path vae = Files.createDirectories(temporary.resolve("vae"));
    new JsonMapper().writeValue(vae.resolve("config.json").toFile(), DECODER);
    Files.createDirectories(models);
    new Exporter(
            new ExportRequest(
                Optional.empty(),
                OptionalLong.of(7),
                Optional.of(vae),
                models.resolve(Recording.MODEL),
                Optional.of(Recording.MODEL),
                ExportRequest.WeightChoice.BEST,
                Optional.of("DiG-S/2"),
                Optional.of(DENOISER),
                Precision.FP32,
                Optional.empty(),
                List.of(),
                false),
            line -> {})
        .export();
  }
}
