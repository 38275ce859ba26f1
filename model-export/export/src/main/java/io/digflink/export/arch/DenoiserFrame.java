package io.digflink.export.arch;

import static io.digflink.export.graph.ElementType.FLOAT32;
import static io.digflink.export.graph.ElementType.INT64;

import io.digflink.export.checkpoint.Tensor;
import io.digflink.export.graph.ElementType;
import io.digflink.export.graph.GraphBuilder;
import io.digflink.export.graph.Scope;
import io.digflink.export.graph.Value;
import io.digflink.export.graph.Weight;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What DiG and DiT share: the way from a latent to tokens, the conditioning, and the way back.
 *
 * <pre>
 * latent ── Conv p×p ── + positions ──► tokens ──► blocks ──► final LayerNorm ── Linear ──► output
 * timestep ─ sin-cos ─ MLP ─┐                        ▲                ▲
 * label ──── table ─────────┴─ + ─ SiLU ─ one Gemm ──┴─── shift, scale, gate of every layer
 * </pre>
 */
final class DenoiserFrame {
  private static final double NORM_EPSILON = 1e-6;
  private static final int FREQUENCIES = 128;

  private final GraphBuilder graph;
  private final Parameters parameters;
  private final DenoiserConfig config;
  private final Optional<GridSize> fixed;

  private final Patches patches;
  private final Value grid;
  private final Value tokens;
  private final FusedOperators operators;
  private final Products products;
  private final QuantizedProducts quantized;
  private final Layers layers;

  /**
   * @param fixed the token grid, or empty to take it from each run's input
   */
  DenoiserFrame(
      GraphBuilder graph, Parameters parameters, DenoiserConfig config, Optional<GridSize> fixed) {
    this.graph = graph;
    this.parameters = parameters;
    this.config = config;
    this.fixed = fixed;
    this.products = new Products(graph);
    this.layers = new Layers(graph, parameters, products);
    this.patches = new Patches(graph, config, fixed);
    this.grid = patches.grid();
    this.tokens = emitTokens();
    this.operators =
        new FusedOperators(graph, emitModulation(emitCondition()), config.hiddenSize());
    this.quantized = new QuantizedProducts(graph, operators);
  }

  GraphBuilder graph() {
    return graph;
  }

  Parameters parameters() {
    return parameters;
  }

  /** The embedded latent, [N, T, D]. */
  Value tokens() {
    return tokens;
  }

  /** The token grid: int64 [2], rows and columns. */
  Value grid() {
    return grid;
  }

  /** The operators that use the modulation. */
  FusedOperators operators() {
    return operators;
  }

  /** Products of tokens with a weight. */
  Products products() {
    return products;
  }

  /** Products of tokens in 8 bits. */
  QuantizedProducts quantized() {
    return quantized;
  }

  /** Products with the checkpoint's parameters. */
  Layers layers() {
    return layers;
  }

  /**
   * The linear embedding of the patches, which the official code writes as a convolution of stride
   * p.
   *
   * <pre>
   * (N, C, H, W) ─ patches (N, T, C·p·p) ─ MatMul (N, T, D)
   * </pre>
   */
  private Value emitTokens() {
    Scope scope = graph.root().at("x_embedder");
    long width = config.hiddenSize();
    long patch = config.patchSize();
    long channels = config.inChannels();
    Weight weight = parameters.take("x_embedder.proj.weight", width, channels, patch, patch);
    Weight bias = parameters.take("x_embedder.proj.bias", width);
    long inner = channels * patch * patch;
    Weight matrix = weight.reshaped(width, inner).transposed();
    Value embedded =
        products.product(
            scope,
            patches.patchify(scope),
            graph.weight(scope.at("weight"), matrix),
            inner,
            width); // (N, T, D)
    // The bias is added to the positions, which are only as large as one image's tokens, and in
    // float32, where ONNX Runtime folds constants before the first run.
    Scope offset = scope.at("offset");
    Value sum =
        offset.add(
            emitPositions(graph.root().at("pos_embed")),
            graph.weight(scope.at("bias"), bias, FLOAT32));
    Value offsets = offset.at("precision").cast(sum, graph.precision()); // (1, T, D)
    return scope.add(embedded, offsets);
  }

  /** The positions' embedding in float32, [1, T, D]. */
  private Value emitPositions(Scope scope) {
    int side = config.inputSize() / config.patchSize();
    int width = config.hiddenSize();
    Optional<Tensor> table = parameters.storedPositions(side, width);
    Optional<ElementType> rounding =
        table.flatMap(stored -> PositionEmbedding.rounding(stored, side, width));
    Weight stored = parameters.takePositions(1, (long) side * side, width);
    if (fixed.isEmpty()) {
      return PositionEmbedding.emit(
          graph, scope, grid, width, rounding.orElse(FLOAT32)); // (1, T, D)
    }
    GridSize size = fixed.get();
    boolean trained = size.rows() == side && size.columns() == side && table.isPresent();
    boolean own =
        trained
            && (rounding.isPresent() || !PositionEmbedding.isAveraged(table.get(), side, width));
    Weight computed =
        Weight.of(
            () -> PositionEmbedding.table(size.rows(), size.columns(), width),
            1,
            (long) size.rows() * size.columns(),
            width);
    return graph.weight(scope, own ? stored : computed, FLOAT32);
  }

  /** The sum of timestep and label embedding after SiLU, [N, D]. */
  private Value emitCondition() {
    Value timestep = emitTimestep(graph.root().at("t_embedder"));
    Value condition = timestep;
    if (config.numClasses() > 0) {
      Scope scope = graph.root().at("y_embedder");
      Value label = graph.input("label", INT64, "N");
      Weight table =
          parameters.take(
              "y_embedder.embedding_table.weight", config.labelRows(), config.hiddenSize());
      Value embedded = scope.gather(graph.weight(scope.at("table"), table), label, 0); // (N, D)
      condition = scope.add(timestep, embedded);
    }
    return graph.root().at("condition").silu(condition);
  }

  private Value emitTimestep(Scope scope) {
    Value encoded = TimestepEncoding.emit(graph, scope, FREQUENCIES);
    long width = config.hiddenSize();
    Value first =
        layers.linear(
            scope.at("mlp.0"),
            scope.cast(encoded, graph.precision()),
            "t_embedder.mlp.0",
            width,
            2L * FREQUENCIES);
    return layers.linear(
        scope.at("mlp.2"), scope.at("mlp.1").silu(first), "t_embedder.mlp.2", width, width);
  }

  /**
   * The adaLN layers of all blocks and of the final layer in one product; the 1 in (1 + scale) is
   * part of the bias. Rows are shift, scale, gate of the attention and then of the MLP for each
   * block; shift and scale of the final layer come last.
   *
   * <pre>
   * condition (N, D) ─ Gemm (N, R·D) ─ Reshape (N, R, D), R = 6·depth + 2
   * </pre>
   */
  private Value emitModulation(Value condition) {
    long width = config.hiddenSize();
    List<Weight> weights = new ArrayList<>();
    List<Weight> biases = new ArrayList<>();
    for (int i = 0; i < config.depth(); i++) {
      String name = "blocks." + i + ".adaLN_modulation.1";
      weights.add(parameters.take(name + ".weight", 6 * width, width));
      biases.add(Modulation.onePlusScales(parameters.take(name + ".bias", 6 * width), width, 3));
    }
    if (config.numClasses() > 0) {
      String name = "final_layer.adaLN_modulation.1";
      weights.add(parameters.take(name + ".weight", 2 * width, width));
      biases.add(Modulation.onePlusScales(parameters.take(name + ".bias", 2 * width), width, 2));
    }
    Scope scope = graph.root().at("adaLN_modulation");
    Value all =
        scope.linear(
            condition,
            graph.weight(scope.at("weight"), Weight.concatenated(weights)),
            graph.weight(scope.at("bias"), Weight.concatenated(biases)));
    return scope.reshape(all, 0, -1, width); // (N, R, D)
  }

  /** The final layer's norm of x, [N, T, D]; an unconditional model's has no modulation. */
  Value finalNorm(Value x) {
    Scope scope = graph.root().at("final_layer").at("norm_final");
    if (config.numClasses() > 0) {
      return operators.adaLayerNorm(scope, x, 6 * config.depth(), 6 * config.depth() + 1);
    }
    return scope.layerNorm(x, config.hiddenSize(), NORM_EPSILON);
  }

  /**
   * Emits the final layer's projection and the output of the graph.
   *
   * @param normed the result of {@link #finalNorm}, [N, T, D]
   * @param orientation of the official code's tokens after the last block, which its output keeps
   */
  void finish(Value normed, Orientation orientation) {
    Scope scope = graph.root().at("final_layer");
    long patch = config.patchSize();
    long channels = config.outChannels();
    Value patches =
        layers.projectWithBias(
            scope.at("linear"),
            normed,
            "final_layer.linear",
            patch * patch * channels,
            config.hiddenSize()); // (N, T, p·p·C)
    this.patches.unpatchify(patches, orientation);
  }
}
