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
    for (int i = 0; i < config.depth(); i++) {
      x = dit.block(i, x);
    }
    frame.finish(x, Orientation.CANONICAL);
  }

  private Value block(int index, Value x) {
    String name = "blocks." + index;
    Scope scope = frame.graph().root().at(name);
    List<Value> modulation = frame.modulation(index);
    Value attended =
        attention(
            scope.at("attn"),
            name + ".attn",
            frame.adaLayerNorm(scope.at("norm1"), x, modulation.get(0), modulation.get(1)));
    Value middle = frame.gatedResidual(scope.at("residual1"), x, modulation.get(2), attended);
    Value transformed =
        mlp(
            scope.at("mlp"),
            name + ".mlp",
            frame.adaLayerNorm(scope.at("norm2"), middle, modulation.get(3), modulation.get(4)));
    return frame.gatedResidual(scope.at("residual2"), middle, modulation.get(5), transformed);
  }

  /**
   * Attention over all tokens. MultiHeadAttention with separate, unmasked [N, T, D] inputs is what
   * ONNX Runtime's CUDA provider runs as flash attention in float16, and its CPU provider has a
   * blocked kernel for.
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
