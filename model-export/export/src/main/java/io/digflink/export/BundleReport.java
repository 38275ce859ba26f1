package io.digflink.export;

import io.digflink.bundle.BundleDirectory;
import io.digflink.bundle.ModelManifest;
import io.digflink.export.arch.GridSize;
import io.digflink.export.arch.MultiplyAdds;
import io.digflink.export.arch.Preset;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** A report on a bundle: its model, its graphs, and the cost of an image. */
public final class BundleReport {
  /** The entry that says where every tensor of the checkpoint is, by its official name. */
  public static final String TENSORS = "tensors";

  private BundleReport() {}

  /**
   * Verifies a bundle and reports on it.
   *
   * @param wanted the image size to count multiply-adds for; if empty, the training size
   * @return values by name, in the order to show them
   * @throws IOException if a file differs from the manifest
   * @throws IllegalArgumentException if the model cannot make images of that size
   */
  public static Map<String, Object> of(BundleDirectory bundle, Optional<ImageSize> wanted)
      throws IOException {
    bundle.verify();
    ModelManifest manifest = bundle.manifest();
    int scale = manifest.image() == null ? ModelSelection.TRAINING_SCALE : manifest.image().scale();
    ImageSize image = imageSize(wanted, manifest.latent(), scale);
    Map<String, Object> report = new LinkedHashMap<>();
    report.put("name", manifest.name());
    report.put("digest", bundle.digest());
    report.put("files", "verified: size and SHA-256 of " + manifest.files().keySet());
    report.put("architecture", manifest.architecture());
    report.put("preset", manifest.preset() == null ? "none" : manifest.preset());
    report.put("precision", manifest.precision().name().toLowerCase(Locale.ROOT));
    report.put("trained_size", trainedSize(manifest.latent(), scale));
    report.put("classes", classes(manifest.classes()));
    report.put("config", manifest.config());
    GraphSummary denoiser = GraphSummary.of(bundle.denoiser());
    Map<String, Object> graph = graph(denoiser);
    graph.put("multiply_adds " + image, multiplyAdds(manifest, image, scale));
    report.put("denoiser", graph);
    Optional<Path> decoder = bundle.decoder();
    if (decoder.isPresent()) {
      Map<String, Object> decoding = graph(GraphSummary.of(decoder.get()));
      long cells = (long) image.height() * image.width() / scale / scale;
      decoding.put(
          "multiply_adds " + image, GraphSummary.decoderMultiplyAdds(decoder.get(), cells));
      report.put("decoder", decoding);
    }
    report.put(TENSORS, TensorPlaces.of(bundle));
    return report;
  }

  private static ImageSize imageSize(
      Optional<ImageSize> wanted, ModelManifest.Latent latent, int scale) {
    if (wanted.isEmpty()) {
      return new ImageSize(latent.height() * scale, latent.width() * scale);
    }
    ImageSize image = wanted.get();
    int token = scale * latent.sizeMultiple();
    if (image.height() % token != 0 || image.width() % token != 0) {
      throw new IllegalArgumentException(
          String.format("--size is %s pixels; expected multiples of %d", image, token));
    }
    return image;
  }

  private static String trainedSize(ModelManifest.Latent latent, int scale) {
    return String.format(
        "latent %d×%d×%d, image %d×%d%s",
        latent.channels(),
        latent.height(),
        latent.width(),
        latent.height() * scale,
        latent.width() * scale,
        latent.dynamicSize() ? "; other sizes work too" : "; no other size");
  }

  private static String classes(ModelManifest.Classes classes) {
    if (classes == null) {
      return "none (unconditional)";
    }
    String names = classes.names() == null ? "without names" : String.join(", ", classes.names());
    return classes.count()
        + (classes.nullClass() == null ? ", no null class, " : ", null class, ")
        + names;
  }

  private static long multiplyAdds(ModelManifest manifest, ImageSize image, int scale) {
    int token = scale * manifest.latent().sizeMultiple();
    return MultiplyAdds.of(
        Preset.config(manifest.architecture(), manifest.config()),
        new GridSize(image.height() / token, image.width() / token));
  }

  private static Map<String, Object> graph(GraphSummary summary) {
    Map<String, Object> graph = new LinkedHashMap<>();
    graph.put("inputs", summary.inputs());
    graph.put("outputs", summary.outputs());
    graph.put("parameters", summary.parameters());
    graph.put("opsets", summary.opsets());
    graph.put("operators", summary.operators());
    graph.put("metadata", summary.metadata());
    return graph;
  }
}
