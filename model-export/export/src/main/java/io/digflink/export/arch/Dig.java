package io.digflink.export.arch;

import static io.digflink.export.graph.ElementType.FLOAT32;

import io.digflink.export.graph.GraphBuilder;
import io.digflink.export.graph.Scope;
import io.digflink.export.graph.Value;
import io.digflink.export.graph.Weight;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/**
 * The blocks of DiG (arXiv 2405.18428): gated linear attention, SwiGLU and a depthwise convolution.
 *
 * <p>The official code reverses the tokens after every block and transposes the grid after every
 * second one. Here the tokens stay in place: the attention scans in another direction instead, and
 * the convolution's kernel is turned.
 */
final class Dig {
  private static final double EPSILON = 1e-6;

  private final DenoiserFrame frame;
  private final GraphBuilder graph;
  private final Parameters parameters;
  private final DigConfig config;
  private final GatedLinearAttention attention;
  private final long width;

  /** Where a long skip starts: its tokens, and their orientation in the official code. */
  private record Skip(Value tokens, Orientation orientation) {}

  private Dig(DenoiserFrame frame, DigConfig config) {
    this.frame = frame;
    this.graph = frame.graph();
    this.parameters = frame.parameters();
    this.config = config;
    this.width = config.hiddenSize();
    this.attention =
        new GatedLinearAttention(
            config.numHeads(), config.keySize(), config.valueSize(), config.hiddenAct().isSilu());
  }

  static void emit(DenoiserFrame frame, DigConfig config) {
    Dig dig = new Dig(frame, config);
    Deque<Skip> skips = new ArrayDeque<>();
    Value x = frame.tokens();
    for (int i = 0; i < config.depth(); i++) {
      Scope scope = frame.graph().root().at("blocks." + i);
      if (config.ifSkip() && i > config.depth() / 2) {
        x = dig.joinSkip(scope, i, x, skips.pop());
      }
      x = dig.block(scope, i, x);
      if (config.ifSkip() && i < config.depth() / 2 - 1) {
        skips.push(new Skip(x, Orientation.before(config, i + 1)));
      }
    }
    frame.finish(frame.finalNorm(x), Orientation.before(config, config.depth()));
  }

  private Value block(Scope scope, int index, Value x) {
    String name = "blocks." + index;
    Orientation orientation = Orientation.before(config, index);
    int rows = 6 * index;
    Operand normed = firstNorm(scope, index, x, orientation);
    Value attended = attend(scope.at("attn"), name + ".attn", normed, orientation);
    Sum middle = middle(scope, index, x, attended);
    Operand gated = swiGlu(scope.at("mlp"), name + ".mlp", middle.normed());
    Value out =
        projectInto(
            scope.at("residual2"),
            scope.at("mlp/down_proj"),
            middle.tokens(),
            gated,
            name + ".mlp.down_proj",
            config.intermediateSize(),
            rows + 5);
    return config.ifDwConv() && !config.ifInBlockConv()
        ? depthwiseConv(scope.at("dw_conv"), name, out, orientation)
        : out;
  }

  /** The norm before the attention, and the convolution between them if there is one. */
  private Operand firstNorm(Scope scope, int index, Value x, Orientation orientation) {
    String name = "blocks." + index;
    Scope norm = scope.at("norm1");
    int rows = 6 * index;
    boolean convolved = config.ifDwConv() && config.ifInBlockConv();
    if (!config.ifRmsNorm() && !convolved && config.hiddenAct().isSilu()) {
      boolean inEightBits = frame.quantized().areQuantized(width, attention.packedWidth());
      return frame.quantized().norm(norm, x, rows, EPSILON, inEightBits);
    }
    Value normed =
        config.ifRmsNorm()
            ? rmsNorm(norm, name, "attn_norm", "norm1", x, rows)
            : frame.operators().adaLayerNorm(norm, x, rows, rows + 1);
    return Operand.of(
        convolved ? depthwiseConv(scope.at("dw_conv"), name, normed, orientation) : normed);
  }

  /** Tokens and their norm. */
  private record Sum(Value tokens, Operand normed) {}

  /** The sum of x and the attention's projected output, and its norm. */
  private Sum middle(Scope scope, int index, Value x, Value attended) {
    FusedOperators operators = frame.operators();
    String name = "blocks." + index;
    long values = (long) config.numHeads() * config.valueSize();
    int rows = 6 * index;
    Scope projection = scope.at("attn/o_proj");
    Scope norm = scope.at("norm2");
    if (!config.ifRmsNorm() && !frame.products().areProjected(values, width)) {
      Value y = frame.layers().project(projection, attended, name + ".attn.o_proj", width, values);
      List<Value> both = operators.gatedAdaLayerNorm(norm, x, y, rows + 2, rows + 3, rows + 4);
      return new Sum(both.get(0), Operand.of(both.get(1)));
    }
    Value sum =
        projectInto(
            scope.at("residual1"),
            projection,
            x,
            Operand.of(attended),
            name + ".attn.o_proj",
            values,
            rows + 2);
    return new Sum(
        sum,
        config.ifRmsNorm()
            ? Operand.of(rmsNorm(norm, name, "mlp_norm", "norm2", sum, rows + 3))
            : frame.quantized().norm(norm, sum, rows + 3, EPSILON, hiddenIsQuantized()));
  }

  /**
   * Adaptive RMSNorm; the checkpoint has its weight under two names.
   *
   * @param shiftRow row of the shift in the modulation; the scale is in the next row
   */
  private Value rmsNorm(
      Scope scope, String block, String ownName, String sharedName, Value x, int shiftRow) {
    Weight weight = parameters.take(block + "." + sharedName + ".weight", width);
    parameters.take(block + "." + ownName + ".weight", width);
    Value normed =
        scope.rmsNorm(
            scope.at("float").cast(x, FLOAT32),
            graph.weight(scope.at("weight"), weight, FLOAT32),
            EPSILON);
    FusedOperators operators = frame.operators();
    Scope modulate = scope.at("modulate");
    Value scaled =
        modulate.mul(
            scope.at("precision").cast(normed, x.type()),
            operators.row(modulate.at("scale"), shiftRow + 1));
    return modulate.add(scaled, operators.row(modulate.at("shift"), shiftRow)); // (N, T, D)
  }

  /**
   * Gated linear attention up to its output projection.
   *
   * <pre>
   * x ─ packed (q | k | v | gate | z) ─ GatedLinearAttention
   * </pre>
   *
   * @return [N, T, H·V]
   */
  private Value attend(Scope scope, String name, Operand x, Orientation orientation) {
    long keys = (long) config.numHeads() * config.keySize();
    long values = (long) config.numHeads() * config.valueSize();
    boolean silu = config.hiddenAct().isSilu();
    Weight q = parameters.take(name + ".q_proj.weight", keys, width);
    Weight k = parameters.take(name + ".k_proj.weight", keys, width);
    Weight v = parameters.take(name + ".v_proj.weight", values, width);
    Weight gate =
        LowRank.product(
            parameters.take(name + ".gk_proj.1.weight", keys, LowRank.GATE_RANK),
            parameters.take(name + ".gk_proj.0.weight", LowRank.GATE_RANK, width));
    Weight gateBias = parameters.take(name + ".gk_proj.1.bias", keys);
    Weight z = parameters.take(name + ".g_proj.weight", values, width);
    boolean fused = config.ifFuseNorm() && config.hiddenAct() == GateActivation.SWISH;
    Weight normWeight =
        parameters.take(
            name + (fused ? ".g_norm_swish_gate.weight" : ".g_norm.weight"), config.valueSize());

    Scope packed = scope.at("packed");
    Weight packedWeight =
        Weight.concatenated(silu ? List.of(q, k, v, gate, z) : List.of(q, k, v, gate));
    Value projected = packedProduct(packed, x, packedWeight); // (N, T, P)
    Value norm = graph.weight(scope.at("norm_weight"), normWeight);
    Value o =
        attention.emit(
            graph,
            scope,
            projected,
            frame.grid(),
            graph.weight(scope.at("gate_bias"), gateBias),
            norm,
            orientation.direction()); // (N, T, H·V)
    if (!silu) {
      o = gateOutput(scope.at("gate"), o, norm, x.plain(), z);
    }
    return o;
  }

  private Value packedProduct(Scope scope, Operand x, Weight weight) {
    QuantizedProducts quantized = frame.quantized();
    long outputs = attention.packedWidth();
    if (quantized.areQuantized(width, outputs)) {
      return quantized.product(scope, x.quantized(scope, quantized), weight);
    }
    Value matrix = graph.weight(scope.at("weight"), weight.transposed());
    return frame.products().product(scope, x.plain(), matrix, width, outputs);
  }

  /** RMSNorm with an output gate that the operator does not support. */
  private Value gateOutput(Scope scope, Value o, Value normWeight, Value x, Weight gateWeight) {
    Value normed =
        attention.headNorm(
            scope.at("norm"),
            scope.at("float").cast(o, FLOAT32),
            scope.at("weight").cast(normWeight, FLOAT32));
    Value gate = scope.matMul(x, graph.weight(scope.at("g_proj/weight"), gateWeight.transposed()));
    return scope.mul(
        scope.at("precision").cast(normed, x.type()),
        config.hiddenAct().apply(scope.at("act"), gate)); // (N, T, H·V)
  }

  /** {@code silu(gate) · y}, where gate | y is one product. */
  private Operand swiGlu(Scope scope, String name, Operand x) {
    FusedOperators operators = frame.operators();
    QuantizedProducts quantized = frame.quantized();
    long hidden = config.intermediateSize();
    Scope projection = scope.at("gate_proj");
    if (hiddenIsQuantized()) {
      Weight rows = frame.layers().weight(name + ".gate_proj", 2 * hidden, width);
      QuantizedProducts.Tokens tokens = x.quantized(projection, quantized);
      return Operand.of(quantized.swiGluProduct(projection, tokens, rows, hidden));
    }
    Value weight = frame.layers().transposed(projection, name + ".gate_proj", 2 * hidden, width);
    return Operand.of(
        frame.products().areProjected(width, hidden)
            ? operators.swiGluProjection(projection, x.plain(), weight, hidden)
            : operators.swiGlu(scope, projection.matMul(x.plain(), weight), hidden));
  }

  private boolean hiddenIsQuantized() {
    return frame.quantized().areQuantizedInBlocks(width, config.intermediateSize());
  }

  /** {@code x + gate · (y·wᵀ)} with the parameter of this name; y is [N, T, in]. */
  private Value projectInto(
      Scope residual, Scope projection, Value x, Operand y, String name, long in, int gate) {
    FusedOperators operators = frame.operators();
    QuantizedProducts quantized = frame.quantized();
    if (quantized.areQuantized(in, width)) {
      QuantizedProducts.Tokens tokens = y.quantized(projection, quantized);
      Weight rows = frame.layers().weight(name, width, in);
      return quantized.gatedProduct(projection, x, tokens, rows, List.of(), gate);
    }
    Value weight = frame.layers().transposed(projection, name, width, in);
    return frame.products().areProjected(in, width)
        ? operators.gatedProjection(projection, x, y.plain(), weight, gate)
        : operators.gatedResidual(residual, x, projection.matMul(y.plain(), weight), gate);
  }

  /** Depthwise convolution of the token grid, with kernels turned for tokens in canonical order. */
  private Value depthwiseConv(Scope scope, String name, Value x, Orientation orientation) {
    int side = config.convKernelSize();
    Weight kernels =
        parameters
            .take(name + ".dw_conv.weight", width, 1, side, side)
            .map(values -> orientation.toCanonical(values, side))
            .reshaped(width, (long) side * side)
            .transposed(); // (k·k, D)
    Weight bias = parameters.take(name + ".dw_conv.bias", width);
    return frame
        .operators()
        .depthwiseConv(
            scope,
            x,
            frame.grid(),
            graph.weight(scope.at("weight"), kernels),
            graph.weight(scope.at("bias"), bias),
            side,
            width);
  }

  /**
   * Joins a long skip. The official code joins two token sequences as they lie in memory, even if
   * their orientations differ: the token at canonical place p meets the one visited at the same
   * time.
   */
  private Value joinSkip(Scope block, int index, Value x, Skip skip) {
    Scope scope = block.at("skip");
    Orientation orientation = Orientation.before(config, index);
    Value tokens = skip.tokens();
    if (!orientation.equals(skip.orientation())) {
      Value time = TokenOrder.toCanonical(scope.at("time"), frame.grid(), orientation.direction());
      Value place =
          TokenOrder.toScan(scope.at("place"), frame.grid(), skip.orientation().direction());
      tokens = scope.at("apply").gather(tokens, scope.gather(place, time, 0), 1);
    }
    Value joined = scope.concat(2, x, tokens); // (N, T, 2·D)
    return frame
        .layers()
        .projectWithBias(
            scope.at("linear"), joined, "blocks." + index + ".skip_linear", width, 2 * width);
  }
}
