package io.digflink.export.arch;

import static io.digflink.export.graph.Attributes.integer;
import static io.digflink.export.graph.Attributes.real;
import static io.digflink.export.graph.Attributes.text;
import static io.digflink.export.graph.ElementType.FLOAT32;
import static io.digflink.export.graph.ElementType.INT64;

import io.digflink.export.graph.Domain;
import io.digflink.export.graph.ElementType;
import io.digflink.export.graph.GraphBuilder;
import io.digflink.export.graph.LocalFunction;
import io.digflink.export.graph.Scope;
import io.digflink.export.graph.Value;
import java.util.ArrayList;
import java.util.List;

/**
 * Emits the custom operator {@code dig.GatedLinearAttention} (GLA, arXiv 2312.06635, with DiG's
 * scan directions) and its function body, which runs if the operator library is not loaded.
 *
 * @param heads number of heads H
 * @param keySize width K of a head's queries, keys and gates
 * @param valueSize width V of a head's values
 * @param normalized whether the operator includes the RMSNorm and the output gate
 */
record GatedLinearAttention(int heads, int keySize, int valueSize, boolean normalized) {
  private static final double GATE_NORMALIZER = 16;
  private static final double EPSILON = 1e-6;

  /** Width of the packed input: q | k | v | gate, and z if normalized. */
  long packedWidth() {
    return (long) heads * (3L * keySize + (normalized ? 2L : 1L) * valueSize);
  }

  /**
   * Adds the operator.
   *
   * @param packed [N, T, {@link #packedWidth}]
   * @param grid int64 [2], rows and columns
   * @param gateBias [H·K]
   * @param normWeight [V], or {@link Value#ABSENT} if not normalized
   * @return [N, T, H·V]
   */
  Value emit(
      GraphBuilder graph,
      Scope scope,
      Value packed,
      Value grid,
      Value gateBias,
      Value normWeight,
      int direction) {
    List<Value> inputs = new ArrayList<>(List.of(packed, grid, gateBias));
    if (normalized) {
      inputs.add(normWeight);
    }
    return graph
        .customOperator(
            scope,
            "GatedLinearAttention",
            "direction" + direction,
            inputs,
            List.of(
                integer("num_heads", heads),
                integer("key_size", keySize),
                integer("value_size", valueSize),
                integer("direction", direction),
                real("gate_normalizer", GATE_NORMALIZER),
                real("epsilon", EPSILON)),
            function -> List.of(body(function, packed.type(), direction)))
        .get(0);
  }

  /**
   *
   *
   * <pre>
   * packed ─ Gather (scan order) ─ Split ─┬ q ──────────────────────┐
   *                                       ├ k ──────────────────────┤
   *                                       ├ v ──────────────────────┼ LinearAttention ─┐
   *                                       ├ g ─ logsigmoid(·+b)/16 ─┘                  │
   *                                       └ z ─ SiLU ─────────────────── × ── RMSNorm ─┘
   *                                                                      └ Gather (canonical)
   * </pre>
   */
  private Value body(LocalFunction function, ElementType type, int direction) {
    Value packed = function.input("packed", type);
    Value grid = function.input("grid", INT64);
    Value gateBias = function.input("gate_bias", type);
    Scope scope = function.body();
    Value ordered = packed;
    if (direction != 0) {
      Value indices = TokenOrder.toScan(scope.at("to_scan"), grid, direction);
      ordered = scope.at("to_scan").gather(packed, indices, 1);
    }
    List<Value> parts = split(scope, ordered);
    Value o =
        recurrence(
            scope,
            scope.at("q").cast(parts.get(0), FLOAT32),
            scope.at("k").cast(parts.get(1), FLOAT32),
            scope.at("v").cast(parts.get(2), FLOAT32),
            decay(
                scope.at("gate"),
                scope.at("g").cast(parts.get(3), FLOAT32),
                scope.at("gate_bias").cast(gateBias, FLOAT32)));
    if (normalized) {
      Value weight = scope.at("norm_weight").cast(function.input("norm_weight", type), FLOAT32);
      Value z = scope.at("z").cast(parts.get(4), FLOAT32);
      o = scope.at("gated").mul(headNorm(scope.at("norm"), o, weight), scope.at("z").silu(z));
    }
    o = scope.at("o").cast(o, type);
    if (direction == 0) {
      return o;
    }
    Value indices = TokenOrder.toCanonical(scope.at("to_canonical"), grid, direction);
    return scope.at("to_canonical").at("apply").gather(o, indices, 1); // (N, T, H·V)
  }

  private List<Value> split(Scope scope, Value packed) {
    long keys = (long) heads * keySize;
    long values = (long) heads * valueSize;
    return normalized
        ? scope.split(packed, 2, keys, keys, values, keys, values)
        : scope.split(packed, 2, keys, keys, values, keys);
  }

  /** log α = logsigmoid(g + b) / 16 = −softplus(−b − g) / 16. */
  private static Value decay(Scope scope, Value g, Value bias) {
    Value negated = scope.sub(scope.unary("Neg", bias), g);
    return scope.mul(
        scope.unary("Softplus", negated),
        scope.at("normalizer").floats(new float[] {(float) (-1 / GATE_NORMALIZER)}));
  }

  /** S_t = diag(α_t)·S_{t−1} + k_tᵀ v_t and o_t = (q_t·K^−1/2)·S_t. */
  private Value recurrence(Scope scope, Value q, Value k, Value v, Value decay) {
    return scope
        .nodes(
            Domain.MICROSOFT,
            "LinearAttention",
            q.type(),
            List.of(q, k, v, Value.ABSENT, decay),
            2, // the second is the final state
            integer("q_num_heads", heads),
            integer("kv_num_heads", heads),
            text("update_rule", "gated"),
            real("scale", 1 / Math.sqrt(keySize)))
        .get(0); // (N, T, H·V)
  }

  /** RMSNorm over each head of x, [N, T, H·V]. */
  Value headNorm(Scope scope, Value x, Value weight) {
    Value byHead = scope.at("heads").reshape(x, 0, 0, heads, valueSize);
    Value normed = scope.rmsNorm(byHead, weight, EPSILON);
    return scope.at("joined").reshape(normed, 0, 0, (long) heads * valueSize);
  }
}
