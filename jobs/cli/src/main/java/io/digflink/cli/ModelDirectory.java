package io.digflink.cli;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.digflink.bundle.BundleDirectory;
import io.digflink.bundle.ModelManifest;
import io.digflink.bundle.Precision;
import io.digflink.export.ExportRequest;
import io.digflink.export.Exporter;
import io.digflink.runtime.model.ModelCatalog;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeSet;
import java.util.function.Consumer;
import picocli.CommandLine.Option;

/** Where a command finds its models: in the directory that it is given, or the demo model's. */
public final class ModelDirectory {
  private static final String DEMO = "fashion-dig";

  @Option(
      names = "--models",
      paramLabel = "DIR",
      description =
          "Directory of the model bundles (default: the demo model's, exported the first time).")
  private Path given;

  /**
   * The directory. The demo model's bundle is exported the first time and kept in the build folder
   * under its checkpoint's digest.
   *
   * @throws IOException if the directory that was given has no bundles
   */
  public Path resolve(Consumer<String> progress) throws IOException {
    if (given == null) {
      return exportDemo(progress);
    }
    ModelCatalog.open(given);
    return given;
  }

  private static Path exportDemo(Consumer<String> progress) throws IOException {
    Path home = Path.of(System.getProperty("dig.home", "."));
    Path source = home.resolve("model-export/models").resolve(DEMO);
    Path checkpoint = source.resolve("checkpoint.pt");
    if (!Files.isRegularFile(checkpoint)) {
      throw new NoSuchFileException(
          "Expected the demo model's checkpoint at "
              + checkpoint
              + ", found none: run from a checkout, or give a directory of bundles with --models");
    }
    Path directory =
        home.resolve("jobs/cli/target/models").resolve(digest(checkpoint).substring(0, 16));
    Path bundle = directory.resolve(DEMO);
    if (!Files.exists(bundle.resolve(BundleDirectory.MANIFEST))) {
      progress.accept("Exporting the demo model …");
      new Exporter(request(source, checkpoint, bundle), line -> {}).export();
    }
    return directory;
  }

  private static ExportRequest request(Path source, Path checkpoint, Path bundle)
      throws IOException {
    Map<String, Object> config =
        new JsonMapper()
            .readValue(source.resolve("config.json").toFile(), new TypeReference<>() {});
    List<String> names =
        Files.readAllLines(source.resolve("class_names.txt")).stream()
            .filter(line -> !line.isBlank())
            .toList();
    return new ExportRequest(
        Optional.of(checkpoint),
        OptionalLong.empty(),
        Optional.of(source.resolve("vae")),
        bundle,
        Optional.of(DEMO),
        ExportRequest.WeightChoice.BEST,
        Optional.empty(),
        Optional.of(config),
        Precision.FP32,
        Optional.empty(),
        names,
        false);
  }

  /**
   * The bundle of a name, or the only one where none is named.
   *
   * @throws IllegalArgumentException if there is no such bundle, or none is named and there are
   *     several
   */
  public static ModelManifest only(Map<String, ModelManifest> models, String name) {
    if (name == null && models.size() == 1) {
      return models.values().iterator().next();
    }
    ModelManifest model = name == null ? null : models.get(name);
    if (model == null) {
      throw new IllegalArgumentException(
          "Expected --model with one of "
              + String.join(", ", new TreeSet<>(models.keySet()))
              + ", found "
              + (name == null ? "none" : name));
    }
    return model;
  }

  private static String digest(Path file) throws IOException {
    try {
      return HexFormat.of()
          .formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java platform has SHA-256", e);
    }
  }
}
