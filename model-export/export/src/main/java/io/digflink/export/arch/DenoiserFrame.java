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
import java.util.function.Supplier;

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

  private final Value latent;
  private final Value grid;
  private final Value tokens;
  private final FusedOperators operators;
  private final Products products;
  private final QuantizedProducts quantized;

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
    this.latent =
        graph.input("latent", FLOAT32, "N", "" + config.inChannels(), rows("H"), columns("W"));
    this.grid = emitGrid(graph.root().at("grid"));
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

  /** {@code x·wᵀ} with the parameter of this name, [out, in]; x is [N, T, in]. */
  Value project(Scope scope, Value x, String name, long out, long in) {
    return scope.matMul(x, transposed(scope, name, out, in));
  }

  /** The parameter of this name, [out, in], as the [in, out] of a product. */
  Value transposed(Scope scope, String name, long out, long in) {
    return graph.weight(scope.at("weight"), weight(name, out, in).transposed());
  }

  /** The weight of the parameter of this name, [out, in]. */
  Weight weight(String name, long out, long in) {
    return parameters.take(name + ".weight", out, in);
  }

  /** {@code x·wᵀ + b} with the parameters of this name; x is [N, T, in]. */
  Value projectWithBias(Scope scope, Value x, String name, long out, long in) {
    Value weight = transposed(scope, name, out, in);
    return products.product(scope, x, weight, bias(scope, name, out), in, out);
  }

  /** The bias of the parameter of this name. */
  Value bias(Scope scope, String name, long out) {
    return graph.weight(scope.at("bias"), parameters.take(name + ".bias", out));
  }

  private String rows(String name) {
    return fixed.map(size -> "" + size.rows() * config.patchSize()).orElse(name);
  }

  private String columns(String name) {
    return fixed.map(size -> "" + size.columns() * config.patchSize()).orElse(name);
  }

  private Value emitGrid(Scope scope) {
    if (fixed.isPresent()) {
      return scope.integerVector(fixed.get().rows(), fixed.get().columns());
    }
    Value size = scope.shapeOf(latent, 2, 4); // H, W
    return scope.div(size, scope.at("patch").integerVector(config.patchSize()));
  }

  /**
   * The linear embedding of the patches, which the official code writes as a convolution of stride
   * p.
   *
   * <pre>
   * (N, C, H, W) ─ Reshape (N, C, h, p, w, p) ─ Transpose (N, h, w, C, p, p) ─ MatMul (N, T, D)
   * </pre>
   */
  private Value emitTokens() {
    Scope scope = graph.root().at("x_embedder");
    long width = config.hiddenSize();
    long patch = config.patchSize();
    long channels = config.inChannels();
    Weight weight = parameters.take("x_embedder.proj.weight", width, channels, patch, patch);
    Weight bias = parameters.take("x_embedder.proj.bias", width);
    Scope patchify = scope.at("patchify");
    Value cells =
        patchify
            .at("cells")
            .reshape(scope.cast(latent, graph.precision()), patchShape(patchify.at("shape")));
    long inner = channels * patch * patch;
    Value patches = patchify.reshape(patchify.transpose(cells, 0, 2, 4, 1, 3, 5), 0, -1, inner);
    Weight matrix = weight.reshaped(width, inner).transposed();
    Value embedded =
        products.product(
            scope, patches, graph.weight(scope.at("weight"), matrix), inner, width); // (N, T, D)
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

  /** int64 [6]: 0 for N, then C, h, p, w, p. */
  private Value patchShape(Scope scope) {
    long patch = config.patchSize();
    long channels = config.inChannels();
    if (fixed.isPresent()) {
      GridSize size = fixed.get();
      return scope
          .at("fixed")
          .integerVector(0, channels, size.rows(), patch, size.columns(), patch);
    }
    Value side = scope.at("patch").integerVector(patch);
    return scope.concat(
        0,
        scope.at("image").integerVector(0, channels),
        scope.at("rows").gather(grid, scope.at("first").integerVector(0), 0),
        side,
        scope.at("columns").gather(grid, scope.at("second").integerVector(1), 0),
        side);
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
    Value timestep = graph.input("timestep", FLOAT32, "N");
    float[] frequencies = new float[FREQUENCIES];
    for (int i = 0; i < FREQUENCIES; i++) {
      frequencies[i] = (float) Math.exp(-Math.log(10_000) * i / FREQUENCIES);
    }
    Supplier<Value> constant = () -> scope.at("frequencies").floats(frequencies, 1, FREQUENCIES);
    Value encoded =
        graph.precision() == FLOAT32
            ? timestepEmbedding(scope, timestep, constant)
            : timestepOperator(scope, timestep, constant.get());
    long width = config.hiddenSize();
    Value first =
        linear(
            scope.at("mlp.0"),
            scope.cast(encoded, graph.precision()),
            "t_embedder.mlp.0",
            width,
            2L * FREQUENCIES);
    return linear(
        scope.at("mlp.2"), scope.at("mlp.1").silu(first), "t_embedder.mlp.2", width, width);
  }

  /** An operator with a CUDA kernel: the body's five kernels take longer to launch than to run. */
  private Value timestepOperator(Scope scope, Value timestep, Value frequencies) {
    return graph
        .customOperator(
            scope,
            "TimestepEmbedding",
            "",
            List.of(timestep, frequencies),
            List.of(),
            function -> {
              Value time = function.input("timestep", FLOAT32);
              Value given = function.input("frequencies", FLOAT32);
              return List.of(timestepEmbedding(function.body(), time, () -> given));
            })
        .get(0);
  }

  /** cos(t·ω) | sin(t·ω), [N, 2·frequencies]. */
  private static Value timestepEmbedding(Scope scope, Value timestep, Supplier<Value> frequencies) {
    Value angles = scope.mul(scope.unsqueeze(timestep, 1), frequencies.get());
    return scope.concat(1, scope.unary("Cos", angles), scope.unary("Sin", angles));
  }

  private Value linear(Scope scope, Value x, String name, long out, long in) {
    if (products.areProjected(in, out)) {
      return projectWithBias(scope, x, name, out, in);
    }
    return scope.linear(
        x,
        graph.weight(scope.at("weight"), parameters.take(name + ".weight", out, in)),
        graph.weight(scope.at("bias"), parameters.take(name + ".bias", out)));
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
      biases.add(onePlusScales(parameters.take(name + ".bias", 6 * width), 3));
    }
    if (config.numClasses() > 0) {
      String name = "final_layer.adaLN_modulation.1";
      weights.add(parameters.take(name + ".weight", 2 * width, width));
      biases.add(onePlusScales(parameters.take(name + ".bias", 2 * width), 2));
    }
    Scope scope = graph.root().at("adaLN_modulation");
    Value all =
        scope.linear(
            condition,
            graph.weight(scope.at("weight"), Weight.concatenated(weights)),
            graph.weight(scope.at("bias"), Weight.concatenated(biases)));
    return scope.reshape(all, 0, -1, width); // (N, R, D)
  }

  /** Adds 1 to the second D of every {@code parts}. */
  private Weight onePlusScales(Weight bias, int parts) {
    int width = config.hiddenSize();
    return bias.map(
        values -> {
          float[] shifted = values.clone();
          for (int i = 0; i < shifted.length; i++) {
            shifted[i] += i / width % parts == 1 ? 1 : 0;
          }
          return shifted;
        });
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
        projectWithBias(
            scope.at("linear"),
            normed,
            "final_layer.linear",
            patch * patch * channels,
            config.hiddenSize()); // (N, T, p·p·C)
    Scope unpatchify = graph.root().at("unpatchify");
    Value sequence = patches;
    Value size = grid;
    if (!orientation.equals(Orientation.CANONICAL)) {
      Scope order = unpatchify.at("order");
      sequence =
          order
              .at("apply")
              .gather(patches, TokenOrder.toScan(order, grid, orientation.direction()), 1);
    }
    if (orientation.transposed()) {
      size = unpatchify.at("swapped").gather(grid, unpatchify.at("swap").integerVector(1, 0), 0);
    }
    Value split =
        unpatchify
            .at("patches")
            .reshape(
                sequence,
                unpatchify
                    .at("patches")
                    .concat(
                        0,
                        unpatchify.at("batch").integerVector(0),
                        size,
                        unpatchify.at("patch").integerVector(patch, patch, channels)));
    Value moved = unpatchify.transpose(split, 0, 5, 1, 3, 2, 4); // (N, C, h, p, w, p)
    Value pixels = unpatchify.mul(size, unpatchify.at("scale").integerVector(patch)); // H, W
    Value shape = unpatchify.concat(0, unpatchify.at("image").integerVector(0, channels), pixels);
    Value image = unpatchify.cast(unpatchify.reshape(moved, shape), FLOAT32); // (N, C, H, W)
    String height = orientation.transposed() ? columns("W") : rows("H");
    String breadth = orientation.transposed() ? rows("H") : columns("W");
    graph.output("output", image, "N", "" + channels, height, breadth);
  }
}
