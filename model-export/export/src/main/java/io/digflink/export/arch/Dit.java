package io.digflink.export.arch;

import io.digflink.export.graph.Scope;
import io.digflink.export.graph.Value;
import java.util.List;

/** The blocks of DiT (arXiv 2212.09748): softmax attention and a GELU MLP. */
final class Dit {

  private final DenoiserFrame frame;
  private final DitConfig config;
  private final long width;

  private Dit(DenoiserFrame frame, DitConfig config) {
    this.frame = frame;
    this.config = config;
    this.width = config.hiddenSize();
  }

  static void emit(DenoiserFrame frame, DitConfig config) {
    Dit dit = new Dit(frame, config);
    Value x = frame.tokens();
    Scope first = dit.scope(0).at("norm1");
    Operand normed =
        frame.quantized().norm(first, x, 0, DitConfig.NORM_EPS, dit.attentionIsQuantized());
    for (int i = 0; i < config.depth(); i++) {
      Sum next = dit.block(i, x, normed);
      x = next.tokens();
      normed = next.normed();
    }
    frame.finish(normed.plain(), Orientation.CANONICAL);
  }

  /** Tokens and their norm. */
  private record Sum(Value tokens, Operand normed) {}

  private Scope scope(int block) {
    return frame.graph().root().at("blocks." + block);
  }

  /**
   * A block, with the norm that follows it.
   *
   * <pre>
   * x ──────────────────── + gate · ─┬─────────────── + gate · ─┬─► x
   * normed ─ attn ─────────┘         └─ norm2 ─ mlp ─┘          └─► next block's or final norm
   * </pre>
   */
  private Sum block(int index, Value x, Operand normed) {
    String name = "blocks." + index;
    Scope scope = scope(index);
    int rows = 6 * index;
    Value attended = attention(scope.at("attn"), name + ".attn", normed);
    Sum middle =
        add(
            new Half(
                scope,
                "attn/proj",
                "norm2",
                width,
                rows + 2,
                config.normEps(),
                hiddenIsQuantized()),
            name + ".attn.proj",
            x,
            Operand.of(attended));
    Operand hidden = hidden(scope.at("mlp"), name + ".mlp", middle.normed());
    boolean next = index + 1 < config.depth() && attentionIsQuantized();
    return add(
        new Half(scope, "mlp/fc2", "norm3", config.mlpSize(), rows + 5, DitConfig.NORM_EPS, next),
        name + ".mlp.fc2",
        middle.tokens(),
        hidden);
  }

  /**
   * Half of a block.
   *
   * @param product the place of the product that it ends with
   * @param norm the place of the norm that begins the next half
   * @param inner of the product, [inner, D]
   * @param gate row of the modulation; shift and scale of the norm are the next two
   * @param epsilon of the norm
   * @param next whether the product after the norm has operands in 8 bits
   */
  private record Half(
      Scope block,
      String product,
      String norm,
      long inner,
      int gate,
      double epsilon,
      boolean next) {}

  private boolean attentionIsQuantized() {
    return frame.quantized().areQuantized(width, 3 * width);
  }

  private boolean hiddenIsQuantized() {
    return frame.quantized().areQuantizedInBlocks(width, config.mlpSize());
  }

  /**
   * The sum of x and the gated product of y, and its norm. Where products become operators, theirs
   * adds bias, gate and residual.
   *
   * @param name of the product's parameters
   */
  private Sum add(Half half, String name, Value x, Operand y) {
    FusedOperators operators = frame.operators();
    Scope scope = half.block().at(half.product());
    Scope norm = half.block().at(half.norm());
    int gate = half.gate();
    if (!frame.products().areProjected(half.inner(), width)) {
      Value product = frame.layers().projectWithBias(scope, y.plain(), name, width, half.inner());
      List<Value> both =
          operators.gatedAdaLayerNorm(norm, x, product, gate, gate + 1, gate + 2, half.epsilon());
      return new Sum(both.get(0), Operand.of(both.get(1)));
    }
    Value sum = gatedSum(scope, half, name, x, y);
    return new Sum(sum, frame.quantized().norm(norm, sum, gate + 1, half.epsilon(), half.next()));
  }

  private Value gatedSum(Scope scope, Half half, String name, Value x, Operand y) {
    QuantizedProducts quantized = frame.quantized();
    if (!quantized.areQuantized(half.inner(), width)) {
      Value weight = frame.layers().transposed(scope, name, width, half.inner());
      Value bias = frame.layers().bias(scope, name, width);
      return frame.operators().gatedBiasProjection(scope, x, y.plain(), weight, bias, half.gate());
    }
    return quantized.gatedProduct(
        scope,
        x,
        y.quantized(scope, quantized),
        frame.layers().weight(name, width, half.inner()),
        List.of(frame.layers().bias(scope, name, width)),
        half.gate());
  }

  /**
   * Attention over all tokens, up to its output projection.
   *
   * <pre>
   * x ─ qkv ─ SoftmaxAttention
   * </pre>
   *
   * @return [N, T, D]
   */
  private Value attention(Scope scope, String name, Operand x) {
    Scope place = scope.at("qkv");
    QuantizedProducts quantized = frame.quantized();
    Value qkv =
        attentionIsQuantized()
            ? quantized.product(
                place,
                x.quantized(place, quantized),
                frame.layers().weight(name + ".qkv", 3 * width, width),
                frame.layers().bias(place, name + ".qkv", 3 * width))
            : frame.layers().projectWithBias(place, x.plain(), name + ".qkv", 3 * width, width);
    return new SoftmaxAttention(config.numHeads(), width).emit(frame.graph(), scope, qkv);
  }

  private Operand hidden(Scope scope, String name, Operand x) {
    Scope first = scope.at("fc1");
    long size = config.mlpSize();
    QuantizedProducts quantized = frame.quantized();
    if (hiddenIsQuantized()) {
      return Operand.of(
          quantized.geluProduct(
              first,
              x.quantized(first, quantized),
              frame.layers().weight(name + ".fc1", size, width),
              frame.layers().bias(first, name + ".fc1", size)));
    }
    Value weight = frame.layers().transposed(first, name + ".fc1", size, width);
    Value bias = frame.layers().bias(first, name + ".fc1", size);
    return Operand.of(frame.products().geluProduct(first, x.plain(), weight, bias, width, size));
  }
}
