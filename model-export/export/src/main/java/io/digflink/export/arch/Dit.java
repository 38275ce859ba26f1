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
    Value normed = frame.operators().adaLayerNorm(dit.scope(0).at("norm1"), x, 0, 1);
    for (int i = 0; i < config.depth(); i++) {
      List<Value> next = dit.block(i, x, normed);
      x = next.get(0);
      normed = next.get(1);
    }
    frame.finish(normed, Orientation.CANONICAL);
  }

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
  private List<Value> block(int index, Value x, Value normed) {
    String name = "blocks." + index;
    Scope scope = scope(index);
    int rows = 6 * index;
    Value attended = attention(scope.at("attn"), name + ".attn", normed);
    List<Value> middle =
        add(
            new Half(scope, "attn/proj", "norm2", width, rows + 2, config.normEps()),
            name + ".attn.proj",
            x,
            attended);
    Value hidden = hidden(scope.at("mlp"), name + ".mlp", middle.get(1));
    return add(
        new Half(scope, "mlp/fc2", "norm3", config.mlpSize(), rows + 5, DitConfig.NORM_EPS),
        name + ".mlp.fc2",
        middle.get(0),
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
   */
  private record Half(
      Scope block, String product, String norm, long inner, int gate, double epsilon) {}

  /**
   * The sum of x and the gated product of y, and its norm. Where products become operators, theirs
   * adds bias, gate and residual.
   *
   * @param name of the product's parameters
   */
  private List<Value> add(Half half, String name, Value x, Value y) {
    FusedOperators operators = frame.operators();
    Scope scope = half.block().at(half.product());
    Scope norm = half.block().at(half.norm());
    int gate = half.gate();
    if (!frame.products().areProjected(half.inner(), width)) {
      Value product = frame.layers().projectWithBias(scope, y, name, width, half.inner());
      return operators.gatedAdaLayerNorm(
          norm, x, product, gate, gate + 1, gate + 2, half.epsilon());
    }
    Value weight = frame.layers().transposed(scope, name, width, half.inner());
    Value bias = frame.layers().bias(scope, name, width);
    Value sum = operators.gatedBiasProjection(scope, x, y, weight, bias, gate);
    return List.of(sum, operators.adaLayerNorm(norm, sum, gate + 1, gate + 2, half.epsilon()));
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
  private Value attention(Scope scope, String name, Value x) {
    Value qkv = frame.layers().projectWithBias(scope.at("qkv"), x, name + ".qkv", 3 * width, width);
    return new SoftmaxAttention(config.numHeads(), width).emit(frame.graph(), scope, qkv);
  }

  private Value hidden(Scope scope, String name, Value x) {
    Scope first = scope.at("fc1");
    long size = config.mlpSize();
    Value weight = frame.layers().transposed(first, name + ".fc1", size, width);
    Value bias = frame.layers().bias(first, name + ".fc1", size);
    return frame.products().geluProduct(first, x, weight, bias, width, size);
  }
}
