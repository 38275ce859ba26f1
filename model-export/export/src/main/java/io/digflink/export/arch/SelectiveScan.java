package io.digflink.export.arch;

import static io.digflink.export.graph.ElementType.FLOAT32;

import io.digflink.export.graph.Domain;
import io.digflink.export.graph.ElementType;
import io.digflink.export.graph.GraphBuilder;
import io.digflink.export.graph.LocalFunction;
import io.digflink.export.graph.Scan;
import io.digflink.export.graph.Scope;
import io.digflink.export.graph.Value;
import java.util.ArrayList;
import java.util.List;

/**
 * Emits the custom operators of a bidirectional Mamba (arXiv 2312.00752): {@code
 * dig.BidirectionalConv} and {@code dig.SelectiveScan}, with their function bodies, which run if
 * the operator library is not loaded.
 *
 * @param inner width E
 */
record SelectiveScan(long inner) {
  /** Width S of a channel's state. */
  static final int STATE = 16;

  /** Taps of the convolutions. */
  static final int TAPS = 4;

  /**
   * Two depthwise convolutions along the tokens, each followed by SiLU: one sees a token and the
   * three before it, the other one a token and the three after it.
   *
   * @param packed x | z, [N, T, 2·E]; x is convolved
   * @param weight [2, 4, E], taps in the order of the tokens
   * @param bias [2, E]
   * @return forward and backward, [N, T, E] each
   */
  List<Value> convolve(GraphBuilder graph, Scope scope, Value packed, Value weight, Value bias) {
    return graph.customOperator(
        scope,
        "BidirectionalConv",
        "",
        List.of(packed, weight, bias),
        List.of(),
        function -> convolutions(function, packed.type()));
  }

  /**
   *
   *
   * <pre>
   * packed ─ Split ─ x ─ Transpose (N, E, T) ─┬ Conv, padded before ─ SiLU ─ Transpose ─ forward
   *                                           └ Conv, padded after ── SiLU ─ Transpose ─ backward
   * </pre>
   */
  private List<Value> convolutions(LocalFunction function, ElementType type) {
    Value packed = function.input("packed", type);
    Value weight = function.input("weight", type);
    Value bias = function.input("bias", type);
    Scope body = function.body();
    Value x = body.at("x").transpose(body.split(packed, 2, inner, inner).get(0), 0, 2, 1);
    List<Value> kernels = halves(body.at("weight"), weight);
    List<Value> biases = halves(body.at("bias"), bias);
    List<Value> out = new ArrayList<>();
    for (int direction = 0; direction < 2; direction++) {
      Scope scope = body.at(direction == 0 ? "forward" : "backward");
      Value kernel = scope.at("kernel").transpose(kernels.get(direction), 1, 0); // (E, 4)
      long before = direction == 0 ? TAPS - 1 : 0;
      Value convolved =
          scope.convAlong(
              x,
              scope.at("kernel").unsqueeze(kernel, 1),
              biases.get(direction),
              before,
              TAPS - 1 - before,
              inner);
      out.add(scope.transpose(scope.silu(convolved), 0, 2, 1));
    }
    return out;
  }

  /** The parts of the first axis, of length 2, without that axis. */
  private static List<Value> halves(Scope scope, Value both) {
    List<Value> parts = scope.split(both, 0, 1, 1);
    List<Value> halves = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      Scope part = scope.at("" + i);
      halves.add(
          part.node(
              Domain.ONNX,
              "Squeeze",
              both.type(),
              List.of(parts.get(i), part.at("axes").integerVector(0))));
    }
    return halves;
  }

  /**
   * One direction of the scan.
   *
   * @param u the convolved tokens, [N, T, E]
   * @param step Δ before bias and softplus, [N, T, E]
   * @param matrices B | C | anything, [N, T, P]
   */
  record Direction(Value u, Value step, Value matrices) {}

  /**
   * Parameters of both directions in float32, the forward ones first.
   *
   * @param a A = −exp(A_log), [2, S, E]
   * @param skip D, [2, E]
   * @param stepBias [2, E]
   */
  record Weights(Value a, Value skip, Value stepBias) {}

  /**
   * The scan in both directions, gated.
   *
   * @param packed x | z, [N, T, 2·E]; z gates
   * @param matricesWidth P
   * @return [N, T, E]
   */
  Value emit(
      GraphBuilder graph,
      Scope scope,
      Value packed,
      Direction forward,
      Direction backward,
      long matricesWidth,
      Weights weights) {
    List<Value> inputs =
        List.of(
            packed,
            forward.u(),
            backward.u(),
            forward.step(),
            backward.step(),
            forward.matrices(),
            backward.matrices(),
            weights.a(),
            weights.skip(),
            weights.stepBias());
    return graph
        .customOperator(
            scope,
            "SelectiveScan",
            "",
            inputs,
            List.of(),
            function -> List.of(body(function, packed.type(), matricesWidth)))
        .get(0);
  }

  /**
   *
   *
   * <pre>
   * u, Δ, B, C ─ Scan ─ + D·u ─┐
   *                            + ─ × SiLU(z)
   * u, Δ, B, C ─ Scan ─ + D·u ─┘
   * </pre>
   */
  private Value body(LocalFunction function, ElementType type, long matricesWidth) {
    Value packed = function.input("packed", type);
    List<Value> u = List.of(function.input("forward", type), function.input("backward", type));
    List<Value> steps =
        List.of(function.input("forward_step", type), function.input("backward_step", type));
    List<Value> matrices =
        List.of(
            function.input("forward_matrices", type), function.input("backward_matrices", type));
    Scope body = function.body();
    List<Value> a = halves(body.at("a"), function.input("a", FLOAT32));
    List<Value> skip = halves(body.at("skip"), function.input("skip", FLOAT32));
    List<Value> bias = halves(body.at("step_bias"), function.input("step_bias", FLOAT32));
    List<Value> scanned = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      Scope scope = body.at(i == 0 ? "scan_forward" : "scan_backward");
      Value x = scope.at("u").cast(u.get(i), FLOAT32);
      Value raw = scope.at("step").cast(steps.get(i), FLOAT32);
      Value step = scope.at("step").unary("Softplus", scope.at("step").add(raw, bias.get(i)));
      Value states = recurrence(scope, x, step, matrices.get(i), matricesWidth, a.get(i), i == 1);
      scanned.add(scope.add(states, scope.at("skip").mul(x, skip.get(i))));
    }
    Value z = body.at("z").cast(body.split(packed, 2, inner, inner).get(1), FLOAT32);
    Value sum = body.at("sum").add(scanned.get(0), scanned.get(1));
    return body.at("y").cast(body.at("gated").mul(sum, body.at("z").silu(z)), type);
  }

  /**
   * The recurrence h_t = exp(Δ_t·A) h_{t−1} + Δ_t u_t B_t, y_t = C_t·h_t, with one state of [N, S,
   * E] at a time.
   */
  private Value recurrence(
      Scope scope,
      Value u,
      Value step,
      Value matrices,
      long matricesWidth,
      Value a,
      boolean backward) {
    long rest = matricesWidth - 2 * STATE;
    long[] lengths = rest > 0 ? new long[] {STATE, STATE, rest} : new long[] {STATE, STATE};
    List<Value> parts = scope.split(matrices, 2, lengths);
    Value b = scope.at("b").cast(parts.get(0), FLOAT32);
    Value c = scope.at("c").cast(parts.get(1), FLOAT32);
    Scope start = scope.at("start");
    Value zero = start.floats(new float[] {0});
    Value shape =
        start.concat(
            0, start.at("batch").shapeOf(u, 0, 1), start.at("state").integerVector(STATE, inner));
    Value y =
        Scan.along(
            scope,
            start.expand(zero, shape),
            List.of(
                scope.at("step_row").unsqueeze(step, 2), // (N, T, 1, E)
                scope.at("input").unsqueeze(scope.at("input").mul(step, u), 2), // (N, T, 1, E)
                scope.at("b").unsqueeze(b, 3), // (N, T, S, 1)
                scope.at("c").unsqueeze(c, 2)), // (N, T, 1, S)
            backward,
            (token, state, rows) -> {
              Value decay = token.unary("Exp", token.at("exponent").mul(rows.get(0), a));
              Value kept = token.at("kept").mul(decay, state);
              Value added = token.at("added").mul(rows.get(2), rows.get(1));
              Value next = token.add(kept, added); // (N, S, E)
              return List.of(next, token.matMul(rows.get(3), next));
            });
    return scope.at("joined").reshape(y, 0, -1, inner); // (N, T, E)
  }
}
