package io.digflink.export.arch;

import static io.digflink.export.graph.ElementType.FLOAT32;
import static io.digflink.export.graph.ElementType.FLOAT64;
import static io.digflink.export.graph.ElementType.INT64;

import ai.onnxruntime.platform.Fp16Conversions;
import io.digflink.export.checkpoint.Tensor;
import io.digflink.export.graph.ElementType;
import io.digflink.export.graph.GraphBuilder;
import io.digflink.export.graph.Scope;
import io.digflink.export.graph.Value;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * The fixed two-dimensional sin-cos embedding of DiT and DiG (as in MAE, arXiv 2111.06377): the
 * first half of the channels encodes the column, the second half the row, each as [sin(p·ω) |
 * cos(p·ω)] with ω_i = 10000^(−i/(D/4)).
 */
final class PositionEmbedding {
  private static final double BASE = 10_000;

  private static double[] frequencies(int count) {
    double[] frequencies = new double[count];
    for (int i = 0; i < count; i++) {
      frequencies[i] = 1 / Math.pow(BASE, (double) i / count);
    }
    return frequencies;
  }

  /** How far two float32 evaluations of the same formula may differ. */
  private static final float TOLERANCE = 1e-6f;

  /**
   * How far an average of equal float32 tables may be from the table: each update rounds, and the
   * official recipe's 5,000 to a million updates add up to 1.6e-4 (found).
   */
  private static final float DRIFT = 1e-3f;

  private PositionEmbedding() {}

  /** The embedding of a grid, [rows·columns, D]. */
  static float[] table(int rows, int columns, int width) {
    int quarter = width / 4;
    double[] frequencies = frequencies(quarter);
    float[] table = new float[Math.multiplyExact(rows * columns, width)];
    for (int token = 0; token < rows * columns; token++) {
      for (int i = 0; i < quarter; i++) {
        double x = token % columns * frequencies[i];
        double y = token / columns * frequencies[i];
        int at = token * width + i;
        table[at] = (float) Math.sin(x);
        table[at + quarter] = (float) Math.cos(x);
        table[at + 2 * quarter] = (float) Math.sin(y);
        table[at + 3 * quarter] = (float) Math.cos(y);
      }
    }
    return table;
  }

  /**
   * The type to which a stored embedding was rounded after the formula computed it.
   *
   * @param stored [1, T, D] of a square grid
   * @return empty if the stored embedding does not follow the formula exactly
   */
  static Optional<ElementType> rounding(Tensor stored, int side, int width) {
    float[] formula = table(side, side, width);
    float[] found = stored.toFloatArray();
    for (ElementType type :
        List.of(ElementType.FLOAT32, ElementType.BFLOAT16, ElementType.FLOAT16)) {
      if (within(TOLERANCE, found, rounded(formula, type))) {
        return Optional.of(type);
      }
    }
    return Optional.empty();
  }

  /**
   * Whether a stored embedding is the formula's but for what averaging equal tables, and then
   * rounding to the stored type, has changed. It was not learned.
   *
   * @param stored [1, T, D] of a square grid
   */
  static boolean isAveraged(Tensor stored, int side, int width) {
    float ulp =
        switch (stored.dtype()) {
          case BFLOAT16 -> 0x1p-8f;
          case FLOAT16 -> 0x1p-11f;
          default -> 0;
        };
    return within(DRIFT + ulp, stored.toFloatArray(), table(side, side, width));
  }

  private static boolean within(float tolerance, float[] found, float[] expected) {
    for (int i = 0; i < expected.length; i++) {
      if (!(Math.abs(found[i] - expected[i]) <= tolerance)) {
        return false;
      }
    }
    return true;
  }

  private static float[] rounded(float[] values, ElementType type) {
    float[] rounded = new float[values.length];
    for (int i = 0; i < values.length; i++) {
      rounded[i] =
          switch (type) {
            case BFLOAT16 -> Fp16Conversions.bf16ToFloat(Fp16Conversions.floatToBf16(values[i]));
            case FLOAT16 -> Fp16Conversions.fp16ToFloat(Fp16Conversions.floatToFp16(values[i]));
            default -> values[i];
          };
    }
    return rounded;
  }

  /**
   * Emits the embedding of each run's grid, computed in float64 and therefore equal to a stored
   * one. In a 16-bit graph it is an operator of domain {@code dig} with a CUDA kernel; this is its
   * function body:
   *
   * <pre>
   * columns ─ Range ─ × ω ─┬ Sin ┬ Concat [w, D/2] ─ Expand ─┐
   *                        └ Cos ┘                           ├ Concat [h, w, D] ─ Reshape
   * rows ──── the same ──────────── [h, D/2] ─────── Expand ─┘
   * </pre>
   *
   * @param grid int64 [2], rows and columns
   * @param rounding the type that the embedding is rounded to before it is used
   * @return float32 [1, T, D]
   */
  static Value emit(GraphBuilder graph, Scope scope, Value grid, int width, ElementType rounding) {
    int quarter = width / 4;
    Function<Scope, Value> constant =
        place -> place.at("frequencies").doubles(frequencies(quarter), 1, quarter);
    Value tokens =
        graph.precision() == FLOAT32
            ? tokens(scope, grid, width, constant)
            : operator(graph, scope, grid, width, constant.apply(scope));
    return scope.at("rounded").cast(scope.at("rounding").cast(tokens, rounding), FLOAT32);
  }

  private static Value operator(
      GraphBuilder graph, Scope scope, Value grid, int width, Value frequencies) {
    return graph
        .customOperator(
            scope,
            "PositionEmbedding",
            "",
            List.of(grid, frequencies),
            List.of(),
            function -> {
              Value size = function.input("grid", INT64);
              Value given = function.input("frequencies", FLOAT64);
              return List.of(tokens(function.body(), size, width, place -> given));
            })
        .get(0);
  }

  private static Value tokens(
      Scope scope, Value grid, int width, Function<Scope, Value> frequencies) {
    Value x = axis(scope.at("column"), grid, 1, frequencies); // (w, D/2)
    Value y = axis(scope.at("row"), grid, 0, frequencies); // (h, D/2)
    Value half = scope.at("half_width").integerVector(width / 2);
    Value shape = scope.at("half_shape").concat(0, grid, half); // h, w, D/2
    Value both =
        scope.concat(
            -1,
            scope.at("columns").expand(scope.at("columns").unsqueeze(x, 0), shape),
            scope.at("rows").expand(scope.at("rows").unsqueeze(y, 1), shape)); // (h, w, D)
    return scope.at("tokens").reshape(both, 1, -1, width); // (1, T, D)
  }

  private static Value axis(
      Scope scope, Value grid, int dimension, Function<Scope, Value> frequencies) {
    Value length =
        scope.at("length").gather(grid, scope.at("dimension").integerScalar(dimension), 0);
    Value positions =
        scope.range(scope.at("zero").integerScalar(0), length, scope.at("one").integerScalar(1));
    Value column = scope.unsqueeze(scope.cast(positions, FLOAT64), 1); // (length, 1)
    Value angles = scope.mul(column, frequencies.apply(scope));
    Value encoded = scope.concat(-1, scope.unary("Sin", angles), scope.unary("Cos", angles));
    return scope.at("float").cast(encoded, FLOAT32); // (length, D/2)
  }
}
