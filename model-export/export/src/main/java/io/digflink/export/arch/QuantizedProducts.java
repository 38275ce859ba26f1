package io.digflink.export.arch;

import static io.digflink.export.graph.Attributes.integer;
import static io.digflink.export.graph.ElementType.FLOAT16;
import static io.digflink.export.graph.ElementType.FLOAT32;
import static io.digflink.export.graph.ElementType.FLOAT8;

import ai.onnx.proto.OnnxMl.AttributeProto;
import io.digflink.export.graph.Float8;
import io.digflink.export.graph.GraphBuilder;
import io.digflink.export.graph.LocalFunction;
import io.digflink.export.graph.Scope;
import io.digflink.export.graph.Value;
import io.digflink.export.graph.Weight;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;

/**
 * Emits the products of a block with operands in 8 bits, as custom operators. Tokens have a scale
 * each, weights one for each column of the output; sums are in float32 and results in float16.
 *
 * <p>The function bodies multiply the same numbers in float16.
 *
 * @param graph receives the products
 * @param operators of the same graph
 */
record QuantizedProducts(GraphBuilder graph, FusedOperators operators) {
  /** What the largest of some numbers counts as at least, so that zeros have a scale too. */
  private static final float LEAST_LARGEST = 1e-9f;

  /** Numbers of a token with one scale, where it has several. */
  private static final int BLOCK = 128;

  /**
   * Tokens in 8 bits.
   *
   * @param numbers [N, T, K]
   * @param scale what each token's numbers are to be multiplied by, float32: [N, T, 1], or [N, T,
   *     K/128] in blocks
   * @param inBlocks whether each 128 numbers of a token have a scale
   */
  record Tokens(Value numbers, Value scale, boolean inBlocks) {}

  /** The operands of a product. */
  private record Operands(Tokens x, Value weight, Value scale) {
    List<Value> values() {
      return List.of(x.numbers(), x.scale(), weight, scale);
    }
  }

  /**
   * Whether products of these sizes have operands in 8 bits; the kernels move 16 of them at once.
   */
  boolean areQuantized(long inner, long outputs) {
    return graph.operands() == FLOAT8 && inner % 16 == 0 && outputs % 8 == 0;
  }

  /** The same for a product with its GELU or SwiGLU, whose outputs are in 8 bits too, in blocks. */
  boolean areQuantizedInBlocks(long inner, long outputs) {
    return areQuantized(inner, outputs) && outputs % BLOCK == 0;
  }

  /** Tokens in float16, [N, T, K], in 8 bits. */
  Tokens quantize(Scope scope, Value x) {
    List<Value> outputs =
        graph.customOperator(
            scope,
            "QuantizeTokens",
            "",
            List.of(x),
            List.of(),
            function -> quantized(function.body(), function.input("x", FLOAT16)));
    return new Tokens(outputs.get(0), outputs.get(1), false);
  }

  /** {@code m = max |x|}, {@code x · (448 / m)} in 8 bits and {@code m / 448}. */
  private static List<Value> quantized(Scope body, Value x) {
    List<Value> scaled = scaledUp(body, x);
    return List.of(body.cast(scaled.get(0), FLOAT8), scaled.get(1));
  }

  /** The same, all in float32. */
  private static List<Value> scaledUp(Scope body, Value x) {
    Value wide = body.at("float").cast(x, FLOAT32);
    Scope most = body.at("largest");
    Value largest = most.maxOverLast(most.unary("Abs", wide));
    Value bounded = most.at("bounded").max(largest, most.floats(new float[] {LEAST_LARGEST}));
    Value range = body.at("range").floats(new float[] {Float8.LARGEST});
    Value numbers = body.mul(wide, body.at("factor").div(range, bounded));
    return List.of(numbers, body.at("scale").div(bounded, range));
  }

  /**
   * The adaptive LayerNorm before a product.
   *
   * @param x [N, T, D]
   * @param shift row of the modulation, before that of the scale
   * @param inEightBits whether the product has its operands so
   */
  Operand norm(Scope scope, Value x, int shift, double epsilon, boolean inEightBits) {
    return inEightBits
        ? Operand.of(adaLayerNorm(scope, x, shift, shift + 1, epsilon))
        : Operand.of(operators.adaLayerNorm(scope, x, shift, shift + 1, epsilon));
  }

  /** The adaptive LayerNorm of {@link FusedOperators#adaLayerNorm}, in 8 bits. */
  Tokens adaLayerNorm(Scope scope, Value x, int shift, int scale, double epsilon) {
    List<Value> outputs = operators.quantizedAdaLayerNorm(scope, x, shift, scale, epsilon, this);
    return new Tokens(outputs.get(0), outputs.get(1), false);
  }

  /**
   * A product, in float16.
   *
   * @param x not in blocks
   * @param weight [outputs, K], as checkpoints have it
   */
  Value product(Scope scope, Tokens x, Weight weight) {
    return operator(
            scope,
            "QuantizedProjection",
            operands(scope, x, weight),
            List.of(),
            (body, product) -> List.of(product))
        .get(0);
  }

  /** The same with a bias [outputs]. */
  Value product(Scope scope, Tokens x, Weight weight, Value bias) {
    return operator(
            scope,
            "QuantizedBiasProjection",
            operands(scope, x, weight),
            List.of(bias),
            (body, product) -> List.of(product))
        .get(0);
  }

  /** The tanh approximation of GELU of a product with a bias, in blocks. */
  Tokens geluProduct(Scope scope, Tokens x, Weight weight, Value bias) {
    return inBlocks(
        operator(
            scope,
            "QuantizedGeluProjection",
            operands(scope, x, weight),
            List.of(bias),
            (body, product) -> quantizedInBlocks(body.at("blocks"), body.geluTanh(product))));
  }

  /** SwiGLU of a product, whose weight is [2·width, K], in blocks. */
  Tokens swiGluProduct(Scope scope, Tokens x, Weight weight, long width) {
    return inBlocks(
        operator(
            scope,
            "QuantizedSwiGluProjection",
            operands(scope, x, weight),
            List.of(),
            (body, product) ->
                quantizedInBlocks(
                    body.at("blocks"), operators.swiGlu(body.at("swiglu"), product, width))));
  }

  private static Tokens inBlocks(List<Value> outputs) {
    return new Tokens(outputs.get(0), outputs.get(1), true);
  }

  /**
   * The numbers [N, T, K] and the scales [N, T, K/128] of tokens [N, T, K]. ONNX Runtime cannot
   * reshape numbers in 8 bits.
   */
  private static List<Value> quantizedInBlocks(Scope body, Value x) {
    List<Value> blocks = scaledUp(body, body.at("split").reshape(x, 0, 0, -1, BLOCK));
    return List.of(
        body.cast(body.at("joined").reshape(blocks.get(0), 0, 0, -1), FLOAT8),
        body.at("scales").reshape(blocks.get(1), 0, 0, -1));
  }

  private List<Value> operator(
      Scope scope,
      String name,
      Operands operands,
      List<Value> bias,
      BiFunction<Scope, Value, List<Value>> then) {
    List<Value> inputs = new ArrayList<>(operands.values());
    inputs.addAll(bias);
    return graph.customOperator(
        scope,
        name,
        "",
        inputs,
        List.of(),
        function -> {
          Value product = body(function, "x", false, !bias.isEmpty());
          return then.apply(function.body(), product);
        });
  }

  /**
   * The gated residual of a product, {@code x + gate · (y · weight)}.
   *
   * @param x [N, T, D] in float16
   * @param y [N, T, K]
   * @param weight [D, K]
   * @param bias [D], of none or one element
   * @param gate row of the modulation
   */
  Value gatedProduct(Scope scope, Value x, Tokens y, Weight weight, List<Value> bias, int gate) {
    List<Value> inputs = new ArrayList<>(List.of(x));
    inputs.addAll(operands(scope, y, weight).values());
    inputs.addAll(bias);
    inputs.add(operators.modulation());
    AttributeProto row = integer("gate", gate);
    return graph
        .customOperator(
            scope,
            bias.isEmpty() ? "QuantizedGatedProjection" : "QuantizedGatedBiasProjection",
            y.inBlocks() ? "blocks" : "",
            inputs,
            List.of(row),
            function -> {
              Value first = function.input("x", FLOAT16);
              Value product = body(function, "y", y.inBlocks(), !bias.isEmpty());
              Value rows = function.input("modulation", FLOAT16);
              return List.of(
                  operators.gatedResidual(
                      function.body().at("residual"),
                      first,
                      product,
                      rows,
                      function.passedOn("gate")));
            })
        .get(0);
  }

  /** Declares the operands, and the bias if there is one; returns the product. */
  private static Value body(
      LocalFunction function, String tokens, boolean inBlocks, boolean biased) {
    Value numbers = function.input(tokens, FLOAT8);
    Value scale = function.input(tokens + "_scale", FLOAT32);
    Value weight = function.input("weight", FLOAT8);
    Value weightScale = function.input("weight_scale", FLOAT32);
    Scope body = function.body();
    Value x =
        inBlocks
            ? blocks(body.at("tokens"), numbers, scale)
            : scaled(body.at("tokens"), numbers, scale);
    Scope columns = body.at("columns");
    Value matrix = scaled(columns, weight, columns.unsqueeze(weightScale, 1));
    Value product = body.matMul(x, columns.transpose(matrix, 1, 0));
    return biased ? body.add(product, function.input("bias", FLOAT16)) : product;
  }

  private static Value scaled(Scope scope, Value numbers, Value scale) {
    return halved(scope, scope.at("wide").cast(numbers, FLOAT32), scale);
  }

  private static Value halved(Scope scope, Value numbers, Value scale) {
    return scope.at("half").cast(scope.mul(numbers, scale), FLOAT16);
  }

  private static Value blocks(Scope scope, Value numbers, Value scale) {
    Value wide = scope.at("wide").cast(numbers, FLOAT32);
    Value split = scope.at("split").reshape(wide, 0, 0, -1, BLOCK);
    return scope.at("joined").reshape(halved(scope, split, scope.unsqueeze(scale, 3)), 0, 0, -1);
  }

  private Operands operands(Scope scope, Tokens x, Weight weight) {
    return new Operands(
        x,
        graph.weight(scope.at("weight"), weight.map(values -> quantized(weight, values)), FLOAT8),
        graph.weight(scope.at("weight_scale"), scales(weight), FLOAT32));
  }

  /** Each row so multiplied that its largest number is that of 8 bits. */
  private static float[] quantized(Weight weight, float[] values) {
    int inner = Math.toIntExact(weight.shape().get(1));
    float[] quantized = new float[values.length];
    for (int row = 0; row < values.length; row += inner) {
      float factor = Float8.LARGEST / largest(values, row, inner);
      for (int i = row; i < row + inner; i++) {
        quantized[i] = Math.max(-Float8.LARGEST, Math.min(Float8.LARGEST, values[i] * factor));
      }
    }
    return quantized;
  }

  /** What each row is to be multiplied by, [rows]. */
  private static Weight scales(Weight weight) {
    int inner = Math.toIntExact(weight.shape().get(1));
    long rows = weight.shape().get(0);
    return Weight.of(
        () -> {
          float[] values = weight.toArray();
          float[] scales = new float[Math.toIntExact(rows)];
          for (int row = 0; row < scales.length; row++) {
            scales[row] = largest(values, row * inner, inner) / Float8.LARGEST;
          }
          return scales;
        },
        rows);
  }

  private static float largest(float[] values, int from, int count) {
    float largest = LEAST_LARGEST;
    for (int i = from; i < from + count; i++) {
      largest = Math.max(largest, Math.abs(values[i]));
    }
    return largest;
  }
}
