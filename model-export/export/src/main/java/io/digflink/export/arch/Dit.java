package io.digflink.export.arch;

import static io.digflink.export.graph.Attributes.integer;
import static io.digflink.export.graph.Attributes.real;

import io.digflink.export.graph.Domain;
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
    FusedOperators operators = frame.operators();
    int rows = 6 * index;
    Value attended = attention(scope.at("attn"), name + ".attn", normed);
    List<Value> middle =
        operators.gatedAdaLayerNorm(
            scope.at("norm2"), x, attended, rows + 2, rows + 3, rows + 4, config.normEps());
    Value transformed = mlp(scope.at("mlp"), name + ".mlp", middle.get(1));
    return operators.gatedAdaLayerNorm(
        scope.at("norm3"), middle.get(0), transformed, rows + 5, rows + 6, rows + 7);
  }

  /**
   * Attention over all tokens. With separate, unmasked [N, T, D] inputs, ONNX Runtime's CUDA
   * provider runs MultiHeadAttention as flash attention in float16, and its CPU provider has a
   * blocked kernel.
   *
   * <pre>
   * x ─ qkv ─ Split ─┬ q ┐
   *                  ├ k ├ MultiHeadAttention ─ proj
   *                  └ v ┘
   * </pre>
   */
  private Value attention(Scope scope, String name, Value x) {
    Value qkv = frame.projectWithBias(scope.at("qkv"), x, name + ".qkv", 3 * width, width);
    List<Value> parts = scope.at("qkv").split(qkv, 2, width, width, width); // (N, T, D) each
    Value attended =
        scope.node(
            Domain.MICROSOFT,
            "MultiHeadAttention",
            x.type(),
            parts,
            integer("num_heads", config.numHeads()),
            real("scale", 1 / Math.sqrt((double) width / config.numHeads())));
    return frame.projectWithBias(scope.at("proj"), attended, name + ".proj", width, width);
  }

  private Value mlp(Scope scope, String name, Value x) {
    long hidden = config.mlpSize();
    Value inner = frame.projectWithBias(scope.at("fc1"), x, name + ".fc1", hidden, width);
    return frame.projectWithBias(
        scope.at("fc2"), scope.at("act").geluTanh(inner), name + ".fc2", width, hidden);
  }
}
