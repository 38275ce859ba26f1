package io.digflink.export.arch;

import static io.digflink.export.graph.ElementType.FLOAT32;

import io.digflink.export.graph.GraphBuilder;
import io.digflink.export.graph.Scope;
import io.digflink.export.graph.Value;
import io.digflink.export.graph.Weight;
import java.util.List;

/**
 * The mixer of a DiS block: a bidirectional Mamba whose directions share the projections at both
 * ends ("v2").
 *
 * <pre>
 * x ─ in_proj ─ x | z ─ BidirectionalConv ─┬ u ─ x_proj ─ B | C | dt ─ dt_proj ─ Δ ─┐
 *                   │                      └ u ─ x_proj ─ B | C | dt ─ dt_proj ─ Δ ─┤
 *                   └────────────────────────────────────────────── SelectiveScan ──┴─ out_proj
 * </pre>
 *
 * <p>The rows of x_proj are put in this order, so that B and C are aligned, and filled up with
 * zeros to a multiple of 8; dt_proj has zeros for B and C. So no tensor need be taken apart.
 */
record Mixer(Layers layers, DisConfig config) {
  private static final int STATES = 2 * SelectiveScan.STATE;

  /** Suffixes of the parameters' names: those of the forward direction have none. */
  private static final List<String> DIRECTIONS = List.of("", "_b");

  /**
   * Emits the mixer.
   *
   * @param x [N, T, D]
   * @param name of its parameters
   * @return [N, T, D]
   */
  Value emit(Scope scope, String name, Value x) {
    GraphBuilder graph = layers.graph();
    long width = config.hiddenSize();
    long inner = config.innerSize();
    SelectiveScan scan = new SelectiveScan(inner);
    Value packed = project(scope.at("in_proj"), x, name + ".in_proj", 2 * inner, width);
    Scope conv = scope.at("conv1d");
    List<Value> convolved =
        scan.convolve(
            graph,
            conv,
            packed,
            graph.weight(conv.at("weight"), kernels(name)),
            graph.weight(conv.at("bias"), both(name + ".conv1d", ".bias")));
    SelectiveScan.Direction forward = direction(scope, name, "", convolved.get(0));
    SelectiveScan.Direction backward = direction(scope, name, "_b", convolved.get(1));
    Scope scanning = scope.at("scan");
    Weight a = Weight.concatenated(List.of(decays(name + ".A_log"), decays(name + ".A_b_log")));
    Weight skip = Weight.concatenated(List.of(row(name + ".D"), row(name + ".D_b")));
    Weight bias = both(name + ".dt_proj", ".bias");
    SelectiveScan.Weights weights =
        new SelectiveScan.Weights(
            graph.weight(scanning.at("a"), a, FLOAT32),
            graph.weight(scanning.at("skip"), skip, FLOAT32),
            graph.weight(scanning.at("step_bias"), bias, FLOAT32));
    Value y = scan.emit(graph, scanning, packed, forward, backward, matricesWidth(), weights);
    return project(scope.at("out_proj"), y, name + ".out_proj", width, inner);
  }

  /** Width P of B | C | dt, a multiple of 8. */
  private long matricesWidth() {
    return (STATES + config.stepRank() + 7) / 8 * 8;
  }

  /** What the scan of one direction reads. */
  private SelectiveScan.Direction direction(Scope scope, String name, String suffix, Value u) {
    GraphBuilder graph = layers.graph();
    Parameters parameters = layers.parameters();
    int inner = config.innerSize();
    int rank = config.stepRank();
    int total = (int) matricesWidth();
    Weight stored = parameters.take(name + ".x_proj" + suffix + ".weight", rank + STATES, inner);
    Weight reordered =
        Weight.of(() -> statesFirst(stored.toArray(), rank, total, inner), total, inner)
            .from(stored.sources());
    Scope first = scope.at("x_proj" + suffix);
    Value projected =
        layers
            .products()
            .product(
                first, u, graph.weight(first.at("weight"), reordered.transposed()), inner, total);
    Weight steps = parameters.take(name + ".dt_proj" + suffix + ".weight", inner, rank);
    Weight padded =
        Weight.of(() -> afterStates(steps.transposed().toArray(), total, inner), total, inner)
            .from(steps.sources());
    Scope second = scope.at("dt_proj" + suffix);
    Value step =
        layers
            .products()
            .product(second, projected, graph.weight(second.at("weight"), padded), total, inner);
    return new SelectiveScan.Direction(u, step, projected);
  }

  /** The rows dt | B | C as B | C | dt | zeros. */
  private static float[] statesFirst(float[] rows, int rank, int total, int inner) {
    float[] reordered = new float[total * inner];
    System.arraycopy(rows, rank * inner, reordered, 0, STATES * inner);
    System.arraycopy(rows, 0, reordered, STATES * inner, rank * inner);
    return reordered;
  }

  /** Rows for dt, with zeros for B | C before them. */
  private static float[] afterStates(float[] rows, int total, int inner) {
    float[] padded = new float[total * inner];
    System.arraycopy(rows, 0, padded, STATES * inner, rows.length);
    return padded;
  }

  private Value project(Scope scope, Value x, String name, long out, long in) {
    Value weight = layers.transposed(scope, name, out, in);
    return layers.products().product(scope, x, weight, in, out);
  }

  /** Both convolutions' taps in the order of the tokens, [2, 4, E]. */
  private Weight kernels(String name) {
    int inner = config.innerSize();
    int taps = SelectiveScan.TAPS;
    Parameters parameters = layers.parameters();
    Weight forward = parameters.take(name + ".conv1d.weight", inner, 1, taps).reshaped(inner, taps);
    Weight backward =
        parameters
            .take(name + ".conv1d_b.weight", inner, 1, taps)
            .map(Mixer::reversedTaps)
            .reshaped(inner, taps);
    return Weight.concatenated(
        List.of(
            forward.transposed().reshaped(1, taps, inner),
            backward.transposed().reshaped(1, taps, inner)));
  }

  private static float[] reversedTaps(float[] kernels) {
    int taps = SelectiveScan.TAPS;
    float[] reversed = new float[kernels.length];
    for (int i = 0; i < kernels.length; i++) {
      reversed[i] = kernels[i / taps * taps + taps - 1 - i % taps];
    }
    return reversed;
  }

  /** A parameter of both directions, [2, E]. */
  private Weight both(String name, String end) {
    return Weight.concatenated(
        DIRECTIONS.stream().map(suffix -> row(name + suffix + end)).toList());
  }

  private Weight row(String name) {
    return layers.parameters().take(name, config.innerSize()).reshaped(1, config.innerSize());
  }

  /** A = −exp(A_log), [1, S, E]. */
  private Weight decays(String name) {
    int inner = config.innerSize();
    Weight stored = layers.parameters().take(name, inner, SelectiveScan.STATE);
    return stored
        .map(
            values -> {
              float[] decays = new float[values.length];
              for (int i = 0; i < decays.length; i++) {
                decays[i] = (float) -Math.exp(values[i]);
              }
              return decays;
            })
        .transposed()
        .reshaped(1, SelectiveScan.STATE, inner);
  }
}
