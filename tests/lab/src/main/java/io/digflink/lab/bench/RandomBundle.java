package io.digflink.lab.bench;

import io.digflink.bundle.Precision;
import io.digflink.export.ExportRequest;
import io.digflink.export.Exporter;
import io.digflink.export.ImageSize;
import io.digflink.runtime.model.ModelBundle;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** Bundles with random weights. */
final class RandomBundle {
  private static final long SEED = 1;

  private RandomBundle() {}

  /**
   * Exports a preset, without a decoder.
   *
   * @param size the only image size, or empty for any
   * @param directory of the bundle, which must not exist
   */
  static ModelBundle export(
      String preset, Precision precision, Optional<ImageSize> size, Path directory)
      throws IOException {
    return export(preset, precision, size, Optional.empty(), directory);
  }

  /**
   * Exports a small denoiser and a decoder.
   *
   * @param config what the decoder's {@code config.json} says
   * @param directory an empty directory, which takes both
   */
  static ModelBundle withDecoder(String config, Precision precision, Path directory)
      throws IOException {
    return withDecoder("DiG-S/2", config, precision, directory);
  }

  /**
   * Exports a preset and a decoder.
   *
   * @param config what the decoder's {@code config.json} says
   * @param directory an empty directory, which takes both
   */
  static ModelBundle withDecoder(String preset, String config, Precision precision, Path directory)
      throws IOException {
    Path vae = Files.createDirectory(directory.resolve("vae"));
    Files.writeString(vae.resolve("config.json"), config);
    return export(
        preset, precision, Optional.empty(), Optional.of(vae), directory.resolve("bundle"));
  }

  private static ModelBundle export(
      String preset,
      Precision precision,
      Optional<ImageSize> size,
      Optional<Path> vae,
      Path directory)
      throws IOException {
    new Exporter(
            new ExportRequest(
                Optional.empty(),
                OptionalLong.of(SEED),
                vae,
                directory,
                Optional.empty(),
                ExportRequest.WeightChoice.BEST,
                Optional.of(preset),
                Optional.empty(),
                precision,
                size,
                List.of(),
                false),
            line -> {})
        .export();
    return ModelBundle.open(directory);
  }
}
