package io.digflink.tests.support;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.digflink.bundle.Precision;
import io.digflink.export.ExportRequest;
import io.digflink.export.Exporter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/** Small bundles with real graphs, exported from the golden checkpoints of model-export. */
public final class TestModels {
  /** Name of the class-conditional bundle. */
  public static final String PLAIN = "plain";

  private static final Path GOLDEN = Path.of("../model-export/export/src/test/resources/golden");

  private TestModels() {}

  /** Exports the class-conditional DiG into a model directory. */
  public static void exportPlain(Path modelDirectory) throws IOException {
    new Exporter(
            new ExportRequest(
                Optional.of(GOLDEN.resolve("dig-plain/checkpoint.pt")),
                OptionalLong.empty(),
                Optional.of(GOLDEN.resolve("vae")),
                modelDirectory.resolve(PLAIN),
                Optional.of(PLAIN),
                ExportRequest.WeightChoice.BEST,
                Optional.empty(),
                Optional.of(config()),
                Precision.FP32,
                Optional.empty(),
                List.of(),
                false),
            line -> {})
        .export();
  }

  private static Map<String, Object> config() throws IOException {
    return new JsonMapper()
        .readValue(GOLDEN.resolve("dig-plain/config.json").toFile(), new TypeReference<>() {});
  }
}
