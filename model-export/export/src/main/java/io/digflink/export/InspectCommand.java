package io.digflink.export;

import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.digflink.bundle.BundleDirectory;
import io.digflink.bundle.ModelManifest;
import io.digflink.export.arch.GridSize;
import io.digflink.export.arch.MultiplyAdds;
import io.digflink.export.arch.Preset;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code inspect BUNDLE}: shows what a bundle is and verifies its files. */
@Command(
    name = "inspect",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = "Show a model bundle and verify its files.")
public final class InspectCommand implements Callable<Integer> {
  private static final ObjectWriter WRITER = new JsonMapper().writerWithDefaultPrettyPrinter();

  @Spec private CommandSpec spec;

  @Parameters(index = "0", paramLabel = "BUNDLE", description = "The bundle's directory.")
  private Path directory;

  @Option(
      names = "--size",
      paramLabel = "HxW",
      description = "Image pixels to count multiply-adds for (default: the trained size).")
  private String size;

  @Option(names = "--json", description = "Print JSON.")
  private boolean json;

  @Override
  public Integer call() {
    try {
      BundleDirectory bundle = BundleDirectory.open(directory);
      bundle.verify();
      Map<String, Object> report = report(bundle);
      PrintWriter out = spec.commandLine().getOut();
      if (json) {
        out.println(WRITER.writeValueAsString(report));
      } else {
        print(out, "", report);
      }
      out.flush();
      return 0;
    } catch (IOException | IllegalArgumentException e) {
      return Failures.report(spec, e);
    }
  }

  private Map<String, Object> report(BundleDirectory bundle) throws IOException {
    ModelManifest manifest = bundle.manifest();
    int scale = manifest.image() == null ? ModelSelection.TRAINING_SCALE : manifest.image().scale();
    ImageSize image = imageSize(manifest.latent(), scale);
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
    return report;
  }

  private ImageSize imageSize(ModelManifest.Latent latent, int scale) {
    if (size == null) {
      return new ImageSize(latent.height() * scale, latent.width() * scale);
    }
    ImageSize image = ImageSize.parse(size);
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
        latent.dynamicSize() ? "; others work too" : "; the only one");
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

  private static void print(PrintWriter out, String indent, Map<?, ?> values) {
    values.forEach(
        (key, value) -> {
          if (value instanceof Map<?, ?> inner) {
            out.println(indent + key);
            print(out, indent + "  ", inner);
          } else if (value instanceof Iterable<?> list) {
            out.println(indent + key);
            list.forEach(entry -> out.println(indent + "  " + entry));
          } else if (value instanceof Long number) {
            out.printf(Locale.ROOT, "%s%-24s %,d%n", indent, key, number);
          } else {
            out.printf("%s%-24s %s%n", indent, key, value);
          }
        });
  }
}
