package io.digflink.tests.models;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.digflink.bundle.Precision;
import io.digflink.export.ExportRequest;
import io.digflink.export.ExportRequest.WeightChoice;
import io.digflink.export.Exporter;
import io.digflink.runtime.model.ModelBundle;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/** Two versions of one small model: its moving average and the weights as trained. */
final class Versions {
  private static final Path GOLDEN =
      Path.of(System.getProperty("dig.home"))
          .resolve("model-export/export/src/test/resources/golden");

  private Versions() {}

  static ModelBundle first(Path bundle, String name) throws IOException {
    return export(bundle, name, WeightChoice.EMA);
  }

  static ModelBundle second(Path bundle, String name) throws IOException {
    return export(bundle, name, WeightChoice.MODEL);
  }

  private static ModelBundle export(Path bundle, String name, WeightChoice weights)
      throws IOException {
    Path source = GOLDEN.resolve("dig-plain");
    Map<String, Object> config =
        new JsonMapper()
            .readValue(source.resolve("config.json").toFile(), new TypeReference<>() {});
    new Exporter(
            new ExportRequest(
                Optional.of(source.resolve("checkpoint.pt")),
                OptionalLong.empty(),
                Optional.of(GOLDEN.resolve("vae")),
                bundle,
                Optional.of(name),
                weights,
                Optional.empty(),
                Optional.of(config),
                Precision.FP32,
                Optional.empty(),
                List.of(),
                false),
            line -> {})
        .export();
    return ModelBundle.open(bundle);
  }
}
