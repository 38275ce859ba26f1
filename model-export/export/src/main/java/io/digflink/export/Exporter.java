package io.digflink.export;

import ai.onnxruntime.OrtException;
import io.digflink.bundle.BundleDirectory;
import io.digflink.bundle.ModelManifest;
import io.digflink.bundle.Precision;
import io.digflink.export.arch.Denoiser;
import io.digflink.export.arch.DenoiserConfig;
import io.digflink.export.arch.DisConfig;
import io.digflink.export.arch.GridSize;
import io.digflink.export.arch.Parameters;
import io.digflink.export.arch.Preset;
import io.digflink.export.arch.VaeConfig;
import io.digflink.export.checkpoint.CheckpointException;
import io.digflink.export.graph.Domain;
import io.digflink.export.graph.ElementType;
import io.digflink.export.graph.GraphBuilder;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;

/** Exports a checkpoint as a model bundle. */
public final class Exporter {
  /** Files with more bytes than this report progress while they are written. */
  private static final long LARGE = 200_000_000;

  private final ExportRequest request;
  private final Consumer<String> progress;

  /**
   * @param progress receives one line per step
   */
  public Exporter(ExportRequest request, Consumer<String> progress) {
    this.request = request;
    this.progress = progress;
  }

  /** A bundle before it is written. */
  private record Plan(
      GraphBuilder denoiser, Optional<DecoderGraph> decoder, ModelManifest manifest) {}

  /**
   * Writes the bundle. If anything fails, nothing is written.
   *
   * @throws CheckpointException if a checkpoint cannot be read or belongs to another model
   * @throws IllegalArgumentException if the request does not fit the model, or if a weight is not
   *     finite or too large for the precision
   */
  public BundleDirectory export() throws IOException {
    try (StagedDirectory staged = new StagedDirectory(request.out(), request.force())) {
      Plan plan = plan();
      write(plan.denoiser(), staged.path(), ModelManifest.DENOISER);
      ModelManifest manifest = plan.manifest();
      if (plan.decoder().isPresent()) {
        write(plan.decoder().get().graph(), staged.path(), ModelManifest.DECODER);
        manifest = manifest.withPreview(preview(staged.path(), manifest));
      }
      BundleDirectory.seal(staged.path(), manifest);
      staged.publish();
    }
    BundleDirectory bundle = BundleDirectory.open(request.out());
    progress.accept("Bundle " + request.out() + ", digest " + bundle.digest());
    return bundle;
  }

  /**
   * Checks all that {@link #export} checks of the model, and writes nothing.
   *
   * @throws CheckpointException as {@link #export} does
   * @throws IllegalArgumentException as {@link #export} does
   */
  public void check() throws IOException {
    Plan plan = plan();
    progress.accept("Checking every weight");
    plan.denoiser().checkWeights();
    plan.decoder().ifPresent(decoder -> decoder.graph().checkWeights());
    long bytes =
        plan.denoiser().weightBytes()
            + plan.decoder().map(decoder -> decoder.graph().weightBytes()).orElse(0L);
    progress.accept(
        String.format(
            Locale.ROOT,
            "The export would write %.1f MB of weights. Nothing was written",
            bytes / 1e6));
  }

  private Plan plan() throws IOException {
    Source source = Source.open(request, progress);
    DenoiserConfig config =
        new ModelSelection(source.args(), source.dict(), progress)
            .select(request.model(), request.config());
    Optional<DecoderGraph> decoder = buildDecoder(source.vae());
    decoder.ifPresent(found -> found.requireChannelsOf(config));
    int scale = decoder.map(d -> d.config().scale()).orElse(ModelSelection.TRAINING_SCALE);
    Parameters parameters = parameters(source);
    Optional<GridSize> fixed = grid(config, parameters, scale);
    GraphBuilder denoiser = buildDenoiser(config, source, parameters, fixed);
    ModelManifest manifest = manifest(config, source, fixed, decoder.map(DecoderGraph::config));
    return new Plan(denoiser, decoder, manifest);
  }

  private Optional<DecoderGraph> buildDecoder(Optional<Path> source) throws IOException {
    if (source.isEmpty()) {
      return Optional.empty();
    }
    Path vae = source.get();
    progress.accept("Reading " + vae);
    DecoderGraph decoder = DecoderGraph.build(vae, request.seed(), elementType(), progress);
    if (decoder.config().forceUpcast() && request.precision() != Precision.FP32) {
      progress.accept(
          "Warning: "
              + vae
              + " has force_upcast: its activations may overflow float16, as those of SDXL's decoder"
              + " do, and its images are then black. Look at one before you serve the model, or"
              + " export with --precision fp32.");
    }
    return Optional.of(decoder);
  }

  private GraphBuilder buildDenoiser(
      DenoiserConfig config, Source source, Parameters parameters, Optional<GridSize> fixed)
      throws CheckpointException {
    GraphBuilder graph = TensorPlaces.denoiser(request.precision());
    Denoiser.emit(graph, parameters, config, fixed);
    String model = Preset.matching(config).map(Preset::name).orElse(config.architecture());
    parameters.check(
        model + difference(config, source),
        List.of(),
        "Name the model that was trained: --model with its name, or --config with its"
            + " constructor's arguments.");
    describe(graph, source, parameters);
    progress.accept(
        String.format(
            Locale.ROOT,
            "%s: %.1f million parameters, %s",
            model,
            parameters.count() / 1e6,
            fixed.isPresent() ? "one size" : "any size"));
    return graph;
  }

  private ElementType elementType() {
    return request.precision() == Precision.FP32 ? ElementType.FLOAT32 : ElementType.FLOAT16;
  }

  /** Where the sizes of the tensors are not those of the configuration. */
  private static String difference(DenoiserConfig config, Source source) {
    if (source.dict().isEmpty()) {
      return "";
    }
    Map<String, Object> found = TensorSizes.of(source.dict().get(), config.patchSize());
    List<String> differences = new ArrayList<>();
    config
        .toMap()
        .forEach(
            (key, value) -> {
              Object seen = found.get(key);
              boolean equal =
                  seen instanceof Number a && value instanceof Number b
                      ? a.doubleValue() == b.doubleValue()
                      : Objects.equals(seen, value);
              if (seen != null && !equal) {
                differences.add(String.format("%s is %s, not %s", key, seen, value));
              }
            });
    if (!found.containsKey("hidden_size") && !found.containsKey("embed_dim")) {
      return " (it has no x_embedder.proj.weight, which every DiG and DiT has, and no"
          + " patch_embed.proj.weight, which every DiS has)";
    }
    return differences.isEmpty() ? "" : " (its " + String.join(", ", differences) + ")";
  }

  private Parameters parameters(Source source) {
    return source
        .dict()
        .map(Parameters::of)
        .orElseGet(() -> Parameters.random(request.seed().getAsLong()));
  }

  /** The graph's only grid, or empty if it accepts any. */
  private Optional<GridSize> grid(DenoiserConfig config, Parameters parameters, int scale) {
    Optional<GridSize> asked = request.size().map(size -> grid(size, config, scale));
    if (Denoiser.computesPositions(parameters, config)) {
      asked.ifPresent(grid -> requireSquareWhereTransposed(config, grid));
      return asked;
    }
    GridSize trained = Denoiser.trainedGrid(config);
    if (config instanceof DisConfig && parameters.areRandom()) {
      return Optional.of(asked.orElse(trained));
    }
    if (asked.isPresent() && !asked.get().equals(trained)) {
      throw new IllegalArgumentException(
          String.format(
              "The checkpoint has its own position embedding for %d×%d tokens, so --size %s cannot"
                  + " be used: leave --size out",
              trained.rows(), trained.columns(), request.size().get()));
    }
    progress.accept(
        config instanceof DisConfig
            ? "A DiS learns its position embedding: only the trained size will work"
            : "The position embedding does not follow the sin-cos formula: only the trained size"
                + " will work");
    return Optional.of(trained);
  }

  private static void requireSquareWhereTransposed(DenoiserConfig config, GridSize grid) {
    if (Denoiser.transposesOutput(config) && grid.rows() != grid.columns()) {
      throw new IllegalArgumentException(
          String.format(
              "With if_quad_dir and a depth of %d the model's output is transposed, so --size must"
                  + " be square; found %d×%d tokens",
              config.depth(), grid.rows(), grid.columns()));
    }
  }

  private static GridSize grid(ImageSize size, DenoiserConfig config, int scale) {
    int token = scale * config.patchSize();
    if (size.height() % token != 0 || size.width() % token != 0) {
      throw new IllegalArgumentException(
          String.format(
              "--size is %s pixels; expected multiples of %d (%d pixels per latent cell, %d cells"
                  + " per token)",
              size, token, scale, config.patchSize()));
    }
    return new GridSize(size.height() / token, size.width() / token);
  }

  private void describe(GraphBuilder graph, Source source, Parameters parameters) {
    graph.metadata("parameters", Long.toString(parameters.count()));
    graph.metadata("weights", source.description());
    if (source.sha256() != null) {
      graph.metadata("checkpoint_sha256", source.sha256());
    }
    graph.metadata("exporter_version", ExporterVersion.get());
  }

  private ModelManifest manifest(
      DenoiserConfig config, Source source, Optional<GridSize> fixed, Optional<VaeConfig> decoder) {
    GridSize grid = fixed.orElse(Denoiser.trainedGrid(config));
    int patch = config.patchSize();
    return new ModelManifest(
        ModelManifest.FORMAT_VERSION,
        request
            .name()
            .orElseGet(() -> request.out().toAbsolutePath().normalize().getFileName().toString()),
        config.architecture(),
        Preset.matching(config).map(Preset::name).orElse(null),
        config.toMap(),
        new ModelManifest.Latent(
            config.inChannels(),
            grid.rows() * patch,
            grid.columns() * patch,
            fixed.isEmpty(),
            patch),
        decoder.map(vae -> new ModelManifest.Image(vae.scale(), vae.outChannels())).orElse(null),
        null,
        classes(config, source.classNames()),
        new ModelManifest.Parameterization("epsilon", config.learnSigma()),
        source.schedule(),
        decoder.map(VaeConfig::scalingFactor).orElse(null),
        request.precision(),
        new ModelManifest.OpDomain(Domain.DIG.id(), Domain.DIG.version()),
        source.sha256(),
        ExporterVersion.get(),
        Map.of());
  }

  private ModelManifest.Classes classes(DenoiserConfig config, List<String> names) {
    int count = config.numClasses();
    if (!names.isEmpty() && names.size() != count) {
      throw new IllegalArgumentException(
          String.format(
              "%s has %d names; expected one for each of the model's %d classes",
              request.classNames().isEmpty() ? "The pipeline's id2label" : "--class-names",
              names.size(),
              count));
    }
    if (count == 0) {
      return null;
    }
    boolean dropout = config.labelRows() > count;
    return new ModelManifest.Classes(count, names.isEmpty() ? null : names, dropout ? count : null);
  }

  /** The preview's map, or null where the decoder gives no numbers to fit it to. */
  private ModelManifest.Preview preview(Path directory, ModelManifest manifest) {
    progress.accept("Fitting the map of previews");
    try {
      return PreviewFit.of(directory.resolve(ModelManifest.DECODER), manifest);
    } catch (OrtException | ArithmeticException e) {
      progress.accept("Warning: the bundle has no previews: " + e.getMessage());
      return null;
    }
  }

  private void write(GraphBuilder graph, Path directory, String file) throws IOException {
    long total = graph.weightBytes();
    progress.accept(String.format(Locale.ROOT, "Writing %s, %.1f MB", file, total / 1e6));
    long[] tenths = {0};
    graph.write(
        directory,
        written -> {
          long reached = written * 10 / Math.max(total, 1);
          if (total > LARGE && reached > tenths[0]) {
            tenths[0] = reached;
            progress.accept(String.format(Locale.ROOT, "  %d %%", reached * 10));
          }
        });
  }
}
