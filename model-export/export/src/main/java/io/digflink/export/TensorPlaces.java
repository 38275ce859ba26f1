package io.digflink.export;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import io.digflink.bundle.BundleDirectory;
import io.digflink.bundle.ModelManifest;
import io.digflink.bundle.Precision;
import io.digflink.export.arch.Denoiser;
import io.digflink.export.arch.DenoiserConfig;
import io.digflink.export.arch.GridSize;
import io.digflink.export.arch.Parameters;
import io.digflink.export.arch.Preset;
import io.digflink.export.graph.ElementType;
import io.digflink.export.graph.GraphBuilder;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Where the tensors of a checkpoint went in a bundle's graphs. A bundle does not record it: the
 * denoiser is built again from the bundle's configuration, without weights, and the decoder's
 * weights have the names of their tensors.
 */
public final class TensorPlaces {
  private TensorPlaces() {}

  /** Places by the tensors' official names. */
  static Map<String, String> of(BundleDirectory bundle) throws IOException {
    Map<String, String> places = new LinkedHashMap<>();
    addDenoiser(bundle, places);
    Optional<Path> decoder = bundle.decoder();
    if (decoder.isPresent()) {
      weights(decoder.get())
          .forEach(
              (name, weight) ->
                  places.put(
                      tensorName(name) + " " + weight.getDimsList(),
                      place(ModelManifest.DECODER, name, weight)));
    }
    return places;
  }

  /** The same with one line for all blocks whose tensors went alike. */
  public static Map<String, String> folded(Map<String, String> places) {
    Map<String, List<String>> byPattern = new LinkedHashMap<>();
    places.forEach(
        (name, place) ->
            byPattern
                .computeIfAbsent(folded(name) + "\n" + folded(place), key -> new ArrayList<>())
                .add(name));
    Map<String, String> folded = new LinkedHashMap<>();
    byPattern.forEach(
        (pattern, names) -> {
          boolean several = names.size() > 1 && !folded.containsKey(pattern.split("\n")[0]);
          if (several) {
            folded.put(
                pattern.split("\n")[0], pattern.split("\n")[1] + " (" + names.size() + " alike)");
          } else {
            names.forEach(name -> folded.put(name, places.get(name)));
          }
        });
    return folded;
  }

  private static String folded(String name) {
    return name.replaceAll("(?<=[./])\\d+(?=[./])", "*");
  }

  private static void addDenoiser(BundleDirectory bundle, Map<String, String> places)
      throws IOException {
    ModelManifest manifest = bundle.manifest();
    DenoiserConfig config = Preset.config(manifest.architecture(), manifest.config());
    ModelManifest.Latent latent = manifest.latent();
    GridSize grid =
        new GridSize(
            latent.height() / latent.sizeMultiple(), latent.width() / latent.sizeMultiple());
    GraphBuilder graph = denoiser(manifest.precision());
    Parameters parameters = Parameters.random(0);
    Denoiser.emit(
        graph, parameters, config, latent.dynamicSize() ? Optional.empty() : Optional.of(grid));
    Map<String, TensorProto> weights = weights(bundle.denoiser());
    Map<String, String> found = new LinkedHashMap<>();
    graph
        .weightSources()
        .forEach(
            (name, sources) -> {
              if (weights.containsKey(name)) {
                String place = place(ModelManifest.DENOISER, name, weights.get(name));
                sources.forEach(source -> found.put(source, place));
                if (sources.isEmpty()) {
                  found.put(tensorName(name), place);
                }
              }
            });
    parameters
        .taken()
        .forEach(
            (name, shape) ->
                places.put(
                    name + " " + Arrays.toString(shape),
                    found.getOrDefault(
                        name,
                        name.equals("pos_embed")
                            ? "not stored: computed for each size"
                            : "not stored: a copy of another tensor")));
  }

  /** An empty graph for a denoiser in this precision. */
  static GraphBuilder denoiser(Precision precision) {
    return switch (precision) {
      case FP32 -> new GraphBuilder(ModelManifest.DENOISER, ElementType.FLOAT32);
      case FP16 -> new GraphBuilder(ModelManifest.DENOISER, ElementType.FLOAT16);
      case FP8 -> new GraphBuilder(ModelManifest.DENOISER, ElementType.FLOAT16, ElementType.FLOAT8);
    };
  }

  /** The weights of a graph that are in its data file. */
  private static Map<String, TensorProto> weights(Path file) throws IOException {
    Map<String, TensorProto> weights = new LinkedHashMap<>();
    try (InputStream in = Files.newInputStream(file)) {
      for (TensorProto tensor : ModelProto.parseFrom(in).getGraph().getInitializerList()) {
        if (tensor.getDataLocation() == TensorProto.DataLocation.EXTERNAL) {
          weights.put(tensor.getName(), tensor);
        }
      }
    }
    return weights;
  }

  private static String tensorName(String weight) {
    return weight
        .replaceFirst("^/", "")
        .replace('/', '.')
        .replaceFirst("\\.gamma$", ".weight")
        .replaceFirst("\\.beta$", ".bias");
  }

  private static String place(String file, String name, TensorProto weight) {
    return "%s %s %s %s"
        .formatted(
            file,
            name,
            TensorProto.DataType.forNumber(weight.getDataType()).name().toLowerCase(Locale.ROOT),
            weight.getDimsList());
  }
}
