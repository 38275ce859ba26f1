package io.digflink.export.arch;

import static io.digflink.export.graph.Attributes.real;
import static io.digflink.export.graph.ElementType.FLOAT32;
import static io.digflink.export.graph.ElementType.INT64;

import io.digflink.export.graph.GraphBuilder;
import io.digflink.export.graph.Scope;
import io.digflink.export.graph.Value;
import io.digflink.export.graph.Weight;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

/**
 * DiS (arXiv 2402.05608): Mamba blocks over the label's token, the timestep's and those of the
 * image, with learned positions and long skips.
 *
 * <pre>
 * label ──── table ───┐                   ┌────────── skips ──────────┐
 * timestep ─ MLP ─────┼ tokens + positions ─ in_blocks ─ mid ─ out_blocks ─ norm ─ final layer
 * latent ─── patches ─┘        residual: x ─ + ─ norm ─ mixer ─ x
 * </pre>
 *
 * <p>A block begins with the residual's sum, as in the official code, so that sum and norm are one
 * operator. The residual stays in float32.
 */
final class Dis {
  private static final double FINAL_EPSILON = 1e-6;

  private final GraphBuilder graph;
  private final Parameters parameters;
  private final DisConfig config;
  private final GridSize grid;
  private final Products products;
  private final Layers layers;
  private final Mixer mixer;
  private final Patches patches;
  private final long width;

  private Dis(GraphBuilder graph, Parameters parameters, DisConfig config, GridSize grid) {
    this.graph = graph;
    this.parameters = parameters;
    this.config = config;
    this.grid = grid;
    this.products = new Products(graph);
    this.layers = new Layers(graph, parameters, products);
    this.mixer = new Mixer(layers, config);
    this.patches = new Patches(graph, config, Optional.of(grid));
    this.width = config.hiddenSize();
  }

  /**
   * @param grid the only token grid, since the positions are learned
   */
  static void emit(GraphBuilder graph, Parameters parameters, DisConfig config, GridSize grid) {
    new Dis(graph, parameters, config, grid).emit();
  }

  /** The residual in float32 and its norm. */
  private record Normed(Value residual, Value norm) {}

  private void emit() {
    Value timestep = timestep(graph.root().at("time_embed"));
    Optional<Value> label =
        config.numClasses() > 0
            ? Optional.of(label(graph.root().at("label_emb")))
            : Optional.empty();
    Value residual = graph.root().at("residual").cast(tokens(timestep, label), FLOAT32);
    Value x = null;
    Deque<Value> skips = new ArrayDeque<>();
    List<String> blocks = config.blockNames();
    for (int i = 0; i < blocks.size(); i++) {
      String name = blocks.get(i);
      Scope scope = scope(name);
      if (config.skip() && i > config.half()) {
        Value joined = scope.at("skip").concat(2, x, skips.pop()); // (N, T, 2·D)
        x =
            layers.projectWithBias(
                scope.at("skip_linear"), joined, name + ".skip_linear", width, 2 * width);
      }
      Normed normed = norm(scope.at("norm"), name + ".norm", residual, x);
      residual = normed.residual();
      x = mixer.emit(scope.at("mixer"), name + ".mixer", normed.norm());
      if (i < config.half()) {
        skips.push(x);
      }
    }
    Value last = norm(graph.root().at("norm_f"), "norm_f", residual, x).norm();
    finish(last, timestep, label);
  }

  private Scope scope(String block) {
    Scope scope = graph.root();
    for (String part : block.split("\\.")) {
      scope = scope.at(part);
    }
    return scope;
  }

  /** Label and timestep before the patches, with their positions, [N, T, D]. */
  private Value tokens(Value timestep, Optional<Value> label) {
    Scope embedder = graph.root().at("patch_embed");
    long patch = config.patchSize();
    long inner = config.inChannels() * patch * patch;
    Weight weight =
        parameters.take("patch_embed.proj.weight", width, config.inChannels(), patch, patch);
    Value embedded =
        products.product(
            embedder,
            patches.patchify(embedder),
            graph.weight(embedder.at("weight"), weight.reshaped(width, inner).transposed()),
            layers.bias(embedder, "patch_embed.proj", width),
            inner,
            width); // (N, h·w, D)
    Scope scope = graph.root().at("tokens");
    List<Value> parts = new ArrayList<>();
    label.ifPresent(found -> parts.add(scope.at("label").unsqueeze(found, 1)));
    parts.add(scope.at("timestep").unsqueeze(timestep, 1));
    parts.add(embedded);
    Weight positions = parameters.take("pos_embed", 1, config.extraTokens() + grid.tokens(), width);
    return scope.add(
        scope.concat(1, parts.toArray(Value[]::new)),
        graph.weight(graph.root().at("pos_embed"), positions));
  }

  /** The timestep's token, [N, D]. */
  private Value timestep(Scope scope) {
    Value encoded =
        scope
            .at("precision")
            .cast(TimestepEncoding.emit(graph, scope, config.hiddenSize() / 2), graph.precision());
    if (!config.mlpTimeEmbed()) {
      return encoded;
    }
    Value hidden = layers.linear(scope.at("0"), encoded, "time_embed.0", 4 * width, width);
    return layers.linear(
        scope.at("2"), scope.at("1").silu(hidden), "time_embed.2", width, 4 * width);
  }

  /** The label's token, [N, D]. */
  private Value label(Scope scope) {
    Value label = graph.input("label", INT64, "N");
    Weight table = parameters.take("label_emb.embedding_table.weight", config.labelRows(), width);
    return scope.gather(graph.weight(scope.at("table"), table), label, 0);
  }

  /**
   * The sum of residual and x, and its norm.
   *
   * @param x absent before the first block
   */
  private Normed norm(Scope scope, String name, Value residual, Value x) {
    Weight weight = parameters.take(name + ".weight", width);
    double epsilon = config.normEpsilon();
    if (!config.rmsNorm()) {
      Value sum = x == null ? residual : add(scope, residual, x);
      Value normed =
          scope.layerNorm(
              sum,
              graph.weight(scope.at("weight"), weight, FLOAT32),
              graph.weight(scope.at("bias"), parameters.take(name + ".bias", width), FLOAT32),
              epsilon);
      return new Normed(sum, scope.at("precision").cast(normed, graph.precision()));
    }
    if (x == null) {
      Value normed =
          scope.rmsNorm(residual, graph.weight(scope.at("weight"), weight, FLOAT32), epsilon);
      return new Normed(residual, scope.at("precision").cast(normed, graph.precision()));
    }
    List<Value> both =
        graph.customOperator(
            scope,
            "AddRmsNorm",
            "epsilon_" + epsilon,
            List.of(x, residual, graph.weight(scope.at("weight"), weight)),
            List.of(real("epsilon", epsilon)),
            function -> {
              Value second = function.input("x", x.type());
              Value first = function.input("residual", FLOAT32);
              Value scale = function.input("weight", x.type());
              Scope body = function.body();
              Value sum = add(body, first, second);
              Value normed = body.rmsNorm(sum, body.at("weight").cast(scale, FLOAT32), epsilon);
              return List.of(sum, body.at("precision").cast(normed, x.type()));
            });
    return new Normed(both.get(0), both.get(1));
  }

  private static Value add(Scope scope, Value residual, Value x) {
    return scope.at("sum").add(residual, scope.at("float").cast(x, FLOAT32));
  }

  /** The final layer, of the image's tokens alone. */
  private void finish(Value normed, Value timestep, Optional<Value> label) {
    Scope scope = graph.root().at("final_layer");
    Value image = scope.at("image").split(normed, 1, config.extraTokens(), grid.tokens()).get(1);
    Value modulated =
        label
            .map(found -> modulated(scope, image, scope.at("condition").add(timestep, found)))
            .orElseGet(
                () -> scope.at("norm_final").layerNorm(image, config.hiddenSize(), FINAL_EPSILON));
    long patch = config.patchSize();
    Value output =
        layers.projectWithBias(
            scope.at("linear"),
            modulated,
            "final_layer.linear",
            patch * patch * config.outChannels(),
            width); // (N, h·w, p·p·C)
    patches.unpatchify(output, Orientation.CANONICAL);
  }

  /** The adaptive norm of x; the 1 in (1 + scale) is part of the bias. */
  private Value modulated(Scope scope, Value x, Value condition) {
    String name = "final_layer.adaLN_modulation.1";
    Scope modulation = scope.at("adaLN_modulation");
    Weight weight = parameters.take(name + ".weight", 2 * width, width);
    Weight bias = Modulation.onePlusScales(parameters.take(name + ".bias", 2 * width), width, 2);
    Value rows =
        modulation.linear(
            modulation.silu(condition),
            graph.weight(modulation.at("weight"), weight),
            graph.weight(modulation.at("bias"), bias));
    return new FusedOperators(
            graph, modulation.reshape(rows, 0, -1, width), config.hiddenSize()) // (N, 2, D)
        .adaLayerNorm(scope.at("norm_final"), x, 0, 1);
  }
}
