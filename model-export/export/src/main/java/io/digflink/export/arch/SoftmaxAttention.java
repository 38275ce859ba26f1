package io.digflink.export.arch;

import static io.digflink.export.graph.Attributes.integer;
import static io.digflink.export.graph.Attributes.real;

import io.digflink.export.graph.Domain;
import io.digflink.export.graph.ElementType;
import io.digflink.export.graph.GraphBuilder;
import io.digflink.export.graph.Scope;
import io.digflink.export.graph.Value;
import java.util.List;

/**
 * Emits softmax attention over all tokens: as the custom operator SoftmaxAttention, whose kernels
 * read queries, keys and values where one product has put them, or as its function body.
 *
 * @param heads H
 * @param width D, the heads together
 */
record SoftmaxAttention(int heads, long width) {
  /** Whether the operator is emitted: it has kernels only in 16 bits and for these heads. */
  boolean isOperator(ElementType precision) {
    long head = width / heads;
    return precision != ElementType.FLOAT32 && (head == 64 || head == 72);
  }

  /**
   * The attention.
   *
   * @param packed q | k | v of all heads, [N, T, 3·D]
   * @return [N, T, D]
   */
  Value emit(GraphBuilder graph, Scope scope, Value packed) {
    if (!isOperator(packed.type())) {
      return body(scope.at("qkv"), packed);
    }
    return graph
        .customOperator(
            scope,
            "SoftmaxAttention",
            "",
            List.of(packed),
            List.of(integer("num_heads", heads)),
            function -> List.of(body(function.body(), function.input("packed", packed.type()))))
        .get(0);
  }

  /**
   * With separate, unmasked [N, T, D] inputs, ONNX Runtime's CUDA provider runs MultiHeadAttention
   * as flash attention in float16, and its CPU provider has a blocked kernel.
   */
  private Value body(Scope scope, Value packed) {
    List<Value> parts = scope.split(packed, 2, width, width, width); // (N, T, D) each
    return scope.node(
        Domain.MICROSOFT,
        "MultiHeadAttention",
        packed.type(),
        parts,
        integer("num_heads", heads),
        real("scale", 1 / Math.sqrt((double) width / heads)));
  }
}
