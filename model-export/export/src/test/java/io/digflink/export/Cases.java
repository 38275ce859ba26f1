package io.digflink.export;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.digflink.bundle.BundleDirectory;
import io.digflink.bundle.Precision;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import org.assertj.core.api.Assertions;

/**
 * Checkpoints as people have them, in {@code src/test/resources/checkpoints}, and their exports.
 */
final class Cases {
  private final Path directory;

  /** What the last export printed. */
  private final List<String> lines = new ArrayList<>();

  private int exports;

  /**
   * @param directory where bundles are written
   */
  Cases(Path directory) {
    this.directory = directory;
  }

  static Path file(String name) {
    try {
      return Path.of(Cases.class.getResource("/checkpoints/" + name).toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  static Map<String, Object> config(String name) throws IOException {
    return new ObjectMapper()
        .readValue(file(name).toFile(), new TypeReference<Map<String, Object>>() {});
  }

  List<String> lines() {
    return lines;
  }

  BundleDirectory export(Path checkpoint, Map<String, Object> config, Path vae) throws IOException {
    return export(
        checkpoint, config, vae, ExportRequest.WeightChoice.BEST, Optional.empty(), List.of());
  }

  BundleDirectory export(
      Path checkpoint,
      Map<String, Object> config,
      Path vae,
      ExportRequest.WeightChoice weights,
      Optional<ImageSize> size,
      List<String> names)
      throws IOException {
    lines.clear();
    ExportRequest request =
        new ExportRequest(
            Optional.of(checkpoint),
            OptionalLong.empty(),
            Optional.ofNullable(vae),
            directory.resolve("bundle" + exports++),
            Optional.empty(),
            weights,
            Optional.empty(),
            Optional.ofNullable(config),
            Precision.FP32,
            size,
            names,
            false);
    return new Exporter(request, lines::add).export();
  }

  /** The outputs of two denoisers on ONNX Runtime, which must be equal to the last bit. */
  static void assertSameOutput(BundleDirectory found, BundleDirectory control) throws Exception {
    Assertions.assertThat(output(found)).isEqualTo(output(control));
  }

  /** The images of two decoders, which must be equal to the last bit. */
  static void assertSameImage(BundleDirectory found, BundleDirectory control) throws Exception {
    Assertions.assertThat(image(found)).isEqualTo(image(control));
  }

  private static float[] output(BundleDirectory bundle) throws Exception {
    int channels = bundle.manifest().latent().channels();
    int side = bundle.manifest().latent().height();
    double[] latent = new Random(4).doubles(2L * channels * side * side, -2, 2).toArray();
    try (BundleRunner denoiser = new BundleRunner(bundle.denoiser(), false)) {
      return denoiser.denoise(
          latent, new long[] {2, channels, side, side}, new double[] {3, 998}, new double[] {0, 2});
    }
  }

  private static float[] image(BundleDirectory bundle) throws Exception {
    double[] latent = new Random(5).doubles(4 * 8 * 8, -2, 2).toArray();
    try (BundleRunner decoder = new BundleRunner(bundle.decoder().orElseThrow(), false)) {
      return decoder.decode(latent, new long[] {1, 4, 8, 8});
    }
  }
}
