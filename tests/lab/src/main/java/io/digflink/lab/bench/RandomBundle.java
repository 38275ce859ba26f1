package io.digflink.lab.bench;

import io.digflink.bundle.Precision;
import io.digflink.export.ExportRequest;
import io.digflink.export.Exporter;
import io.digflink.export.ImageSize;
import io.digflink.runtime.model.ModelBundle;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** Bundles of presets with random weights, without a decoder. */
final class RandomBundle {
  private static final long SEED = 1;

  private RandomBundle() {}

  /**
   * Exports a preset.
   *
   * @param size the only image size, or empty for any
   * @param directory of the bundle, which must not exist
   */
  static ModelBundle export(
      String preset, Precision precision, Optional<ImageSize> size, Path directory)
      throws IOException {
    new Exporter(
            new ExportRequest(
                Optional.empty(),
                OptionalLong.of(SEED),
                Optional.empty(),
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
