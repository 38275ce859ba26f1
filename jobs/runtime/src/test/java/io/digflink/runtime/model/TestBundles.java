package io.digflink.runtime.model;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.digflink.bundle.Precision;
import io.digflink.export.ExportRequest;
import io.digflink.export.ExportRequest.WeightChoice;
import io.digflink.export.Exporter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/** Small bundles for the tests of every module, exported from the reference cases of export. */
public final class TestBundles {
  private static final Path GOLDEN =
      Path.of(System.getProperty("dig.home"))
          .resolve("model-export/export/src/test/resources/golden");

  private TestBundles() {}

  /**
   * Exports {@code dig-plain} (10 classes, latents of 4×16×16, learned sigma) with the small
   * decoder of {@code vae}.
   *
   * @param directory where the bundle goes, as {@code directory/dig-plain}
   */
  public static ModelBundle digPlain(Path directory) throws IOException {
    return export("dig-plain", directory, "dig-plain");
  }

  /** Exports the unconditional {@code dig-uncond} to {@code directory/dig-uncond}. */
  public static ModelBundle digUnconditional(Path directory) throws IOException {
    return export("dig-uncond", directory, "dig-uncond");
  }

  /**
   * Exports a reference case with the small decoder.
   *
   * @param golden the case's folder
   * @param directory where the bundle goes, under its name
   * @param name the name that requests use
   */
  public static ModelBundle export(String golden, Path directory, String name) throws IOException {
    Path out = directory.resolve(name);
    Map<String, Object> config =
        new JsonMapper()
            .readValue(
                GOLDEN.resolve(golden).resolve("config.json").toFile(), new TypeReference<>() {});
    new Exporter(
            new ExportRequest(
                Optional.of(GOLDEN.resolve(golden).resolve("checkpoint.pt")),
                OptionalLong.empty(),
                Optional.of(GOLDEN.resolve("vae")),
                out,
                Optional.empty(),
                WeightChoice.BEST,
                Optional.empty(),
                Optional.of(config),
                Precision.FP32,
                Optional.empty(),
                List.of(),
                false),
            line -> {})
        .export();
    return ModelBundle.open(out);
  }
}
