package io.digflink.export.arch;

import static io.digflink.export.graph.Attributes.integer;
import static io.digflink.export.graph.Attributes.real;
import static io.digflink.export.graph.ElementType.INT64;

import ai.onnx.proto.OnnxMl.AttributeProto;
import io.digflink.export.graph.GraphBuilder;
import io.digflink.export.graph.LocalFunction;
import io.digflink.export.graph.Scope;
import io.digflink.export.graph.Value;
import java.util.List;
import java.util.stream.Stream;

/**
 * Emits the memory-bound parts of a block, and products fused with what follows them, as custom
 * operators of domain {@code dig}. Each has a function body, which ONNX Runtime runs if no kernel
 * is loaded.
 *
 * <p>The modulation is one tensor [N, R, D] for all layers; operators name the rows they use. Scale
 * rows hold 1 + scale.
 */
final class FusedOperators {
  private static final double EPSILON = 1e-6;

  private final GraphBuilder graph;
  private final Value modulation;
  private final int width;

  /**
   * @param modulation [N, R, D]
   * @param width D
   */
  FusedOperators(GraphBuilder graph, Value modulation, int width) {
    this.graph = graph;
    this.modulation = modulation;
    this.width = width;
  }

  /**
   * Adaptive LayerNorm, {@code LayerNorm(x) · scale + shift}.
   *
   * @param x [N, T, D]
   * @param shift row of the modulation
   * @param scale row of the modulation
   */
  Value adaLayerNorm(Scope scope, Value x, int shift, int scale) {
    return adaLayerNorm(scope, x, shift, scale, EPSILON);
  }

  /** The same with another epsilon of the norm. */
  Value adaLayerNorm(Scope scope, Value x, int shift, int scale, double epsilon) {
    return adaLayerNorm(
        scope, x, modulation, List.of(integer("shift", shift), integer("scale", scale)), epsilon);
  }

  private Value adaLayerNorm(
      Scope scope, Value x, Value rows, List<AttributeProto> shiftAndScale, double epsilon) {
    return graph
        .customOperator(
            scope,
            "AdaLayerNorm",
            overload(epsilon),
            List.of(x, rows),
            Stream.concat(shiftAndScale.stream(), Stream.of(real("epsilon", epsilon))).toList(),
            function -> {
              Value in = function.input("x", x.type());
              Value modulations = function.input("modulation", rows.type());
              return List.of(normed(function, in, modulations, epsilon));
            })
        .get(0);
  }

  /** The tokens of {@link #adaLayerNorm} in 8 bits: numbers and scale. */
  List<Value> quantizedAdaLayerNorm(
      Scope scope, Value x, int shift, int scale, double epsilon, QuantizedProducts products) {
    return graph.customOperator(
        scope,
        "QuantizedAdaLayerNorm",
        overload(epsilon),
        List.of(x, modulation),
        List.of(integer("shift", shift), integer("scale", scale), real("epsilon", epsilon)),
        function -> {
          Value in = function.input("x", x.type());
          Value rows = function.input("modulation", modulation.type());
          Scope body = function.body();
          List<AttributeProto> passedOn =
              List.of(function.passedOn("shift"), function.passedOn("scale"));
          Value normed = adaLayerNorm(body.at("norm"), in, rows, passedOn, epsilon);
          QuantizedProducts.Tokens tokens = products.quantize(body.at("quantized"), normed);
          return List.of(tokens.numbers(), tokens.scale());
        });
  }

  /** The modulation, [N, R, D]. */
  Value modulation() {
    return modulation;
  }

  private static String overload(double epsilon) {
    return epsilon == EPSILON ? "" : "epsilon_" + epsilon;
  }

  /**
   * The end of one half of a block and the beginning of the next: {@code sum = x + gate · y} and
   * its adaptive LayerNorm.
   *
   * @param x [N, T, D]
   * @param y [N, T, D]
   * @return sum and normed sum
   */
  List<Value> gatedAdaLayerNorm(Scope scope, Value x, Value y, int gate, int shift, int scale) {
    return gatedAdaLayerNorm(scope, x, y, gate, shift, scale, EPSILON);
  }

  /** The same with another epsilon of the norm. */
  List<Value> gatedAdaLayerNorm(
      Scope scope, Value x, Value y, int gate, int shift, int scale, double epsilon) {
    return graph.customOperator(
        scope,
        "GatedAdaLayerNorm",
        overload(epsilon),
        List.of(x, y, modulation),
        List.of(
            integer("gate", gate),
            integer("shift", shift),
            integer("scale", scale),
            real("epsilon", epsilon)),
        function -> {
          Value first = function.input("x", x.type());
          Value second = function.input("y", y.type());
          Value rows = function.input("modulation", modulation.type());
          Value sum = gated(function, first, second, rows);
          return List.of(sum, normed(function, sum, rows, epsilon));
        });
  }

  /** {@code x + gate · y}, all [N, T, D]. */
  Value gatedResidual(Scope scope, Value x, Value y, int gate) {
    return gatedResidual(scope, x, y, modulation, integer("gate", gate));
  }

  /** The same with rows of another name, in a function body. */
  Value gatedResidual(Scope scope, Value x, Value y, Value rows, AttributeProto gate) {
    return graph
        .customOperator(
            scope,
            "GatedResidual",
            "",
            List.of(x, y, rows),
            List.of(gate),
            function -> {
              Value first = function.input("x", x.type());
              Value second = function.input("y", y.type());
              Value modulations = function.input("modulation", rows.type());
              return List.of(gated(function, first, second, modulations));
            })
        .get(0);
  }

  /**
   * SwiGLU of two halves of the last axis, {@code silu(a) · b}.
   *
   * @param packed [N, T, 2·width]
   * @return [N, T, width]
   */
  Value swiGlu(Scope scope, Value packed, long width) {
    return graph
        .customOperator(
            scope,
            "SwiGLU",
            "",
            List.of(packed),
            List.of(),
            function -> {
              Value in = function.input("packed", packed.type());
              Scope body = function.body();
              List<Value> halves = body.split(in, 2, width, width);
              return List.of(body.mul(body.silu(halves.get(0)), halves.get(1)));
            })
        .get(0);
  }

  /**
   * SwiGLU of a product, {@code silu(a) · b} with {@code a | b = x · weight}.
   *
   * <p>It has a kernel only in 16 bits and on Hopper GPUs. Elsewhere its function body runs: the
   * product, then {@link #swiGlu}, which may have a kernel of its own.
   *
   * @param x [N, T, K]
   * @param weight [K, 2·width]
   * @return [N, T, width]
   */
  Value swiGluProjection(Scope scope, Value x, Value weight, long width) {
    return new Products(graph)
        .operator(
            scope,
            "SwiGluProjection",
            x,
            weight,
            (body, product) -> swiGlu(body.at("swiglu"), product, width));
  }

  /**
   * The gated residual of a product, {@code x + gate · (y · weight)}, with the body of {@link
   * #gatedResidual} after the product.
   *
   * @param x [N, T, D]
   * @param y [N, T, K]
   * @param weight [K, D]
   */
  Value gatedProjection(Scope scope, Value x, Value y, Value weight, int gate) {
    return graph
        .customOperator(
            scope,
            "GatedProjection",
            "",
            List.of(x, y, weight, modulation),
            List.of(integer("gate", gate)),
            function -> {
              Value first = function.input("x", x.type());
              Value second = function.input("y", y.type());
              Value matrix = function.input("weight", weight.type());
              Value rows = function.input("modulation", modulation.type());
              Scope body = function.body();
              Value product = body.matMul(second, matrix);
              return List.of(
                  gatedResidual(
                      body.at("residual"), first, product, rows, function.passedOn("gate")));
            })
        .get(0);
  }

  /**
   * The same of a product with a bias, {@code x + gate · (y · weight + bias)}.
   *
   * @param bias [D]
   */
  Value gatedBiasProjection(Scope scope, Value x, Value y, Value weight, Value bias, int gate) {
    return graph
        .customOperator(
            scope,
            "GatedBiasProjection",
            "",
            List.of(x, y, weight, bias, modulation),
            List.of(integer("gate", gate)),
            function -> {
              Value first = function.input("x", x.type());
              Value second = function.input("y", y.type());
              Value matrix = function.input("weight", weight.type());
              Value offset = function.input("bias", bias.type());
              Value rows = function.input("modulation", modulation.type());
              Scope body = function.body();
              Value product = body.add(body.matMul(second, matrix), offset);
              return List.of(
                  gatedResidual(
                      body.at("residual"), first, product, rows, function.passedOn("gate")));
            })
        .get(0);
  }

  /**
   * Depthwise convolution of the token grid, zero-padded to the same size.
   *
   * <pre>
   * (N, T, D) ─ Reshape (N, h, w, D) ─ Transpose ─ Conv ─ Transpose ─ Reshape (N, T, D)
   * </pre>
   *
   * @param x [N, T, D]
   * @param grid int64 [2], rows and columns
   * @param weight [side², D], rows of the kernel first
   * @param bias [D]
   */
  Value depthwiseConv(
      Scope scope, Value x, Value grid, Value weight, Value bias, int side, long width) {
    return graph
        .customOperator(
            scope,
            "DepthwiseConv",
            "",
            List.of(x, grid, weight, bias),
            List.of(integer("kernel_size", side)),
            function -> List.of(convolution(function, x, side, width)))
        .get(0);
  }

  private static Value convolution(LocalFunction function, Value x, int side, long width) {
    Value tokens = function.input("x", x.type());
    Value grid = function.input("grid", INT64);
    Value weight = function.input("weight", x.type());
    Value bias = function.input("bias", x.type());
    Scope in = function.body().at("grid");
    Value shape =
        in.concat(0, in.at("batch").integerVector(0), grid, in.at("width").integerVector(width));
    Value image = in.transpose(in.reshape(tokens, shape), 0, 3, 1, 2); // (N, D, h, w)
    Scope kernels = function.body().at("kernels");
    Value kernel = kernels.reshape(kernels.transpose(weight, 1, 0), width, 1, side, side);
    Value convolved = function.body().conv(image, kernel, bias, side, 1, side / 2, width);
    Scope out = function.body().at("tokens");
    return out.reshape(out.transpose(convolved, 0, 2, 3, 1), 0, -1, width); // (N, T, D)
  }

  /** A row of the modulation, [N, 1, D], taken in the graph itself. */
  Value row(Scope scope, int row) {
    return scope.gather(modulation, scope.integerVector(row), 1);
  }

  private static Value gated(LocalFunction function, Value x, Value y, Value rows) {
    Scope body = function.body();
    return body.add(x, body.mul(y, row(function, rows, "gate")));
  }

  /**
   * LayerNormalization could apply scale and shift itself, but ONNX Runtime then rounds differently
   * for N = 1, and an image must not depend on whether it is alone in its batch.
   */
  private Value normed(LocalFunction function, Value x, Value rows, double epsilon) {
    Scope body = function.body();
    Value plain = body.at("norm").layerNorm(x, width, epsilon);
    Value scaled = body.at("norm").mul(plain, row(function, rows, "scale"));
    return body.at("norm").add(scaled, row(function, rows, "shift"));
  }

  /** The row that an attribute names, [N, 1, D]. */
  private static Value row(LocalFunction function, Value rows, String attribute) {
    Scope scope = function.body().at(attribute);
    Value index = scope.unsqueeze(function.integerAttribute(attribute), 0);
    return scope.gather(rows, index, 1);
  }
}
