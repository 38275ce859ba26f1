package io.digflink.export.arch;

import static io.digflink.export.graph.ElementType.FLOAT16;
import static io.digflink.export.graph.ElementType.FLOAT32;
import static io.digflink.export.graph.ElementType.FLOAT8;
import static org.assertj.core.api.Assertions.assertThat;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import io.digflink.export.graph.GraphBuilder;
import io.digflink.export.graph.Scope;
import io.digflink.export.graph.Value;
import io.digflink.export.graph.Weight;
import io.digflink.operators.BuiltLibrary;
import io.digflink.operators.OnnxRuntime;
import io.digflink.operators.OperatorLibrary;
import io.digflink.operators.Tolerances;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntToDoubleFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Products of operands in 8 bits without a kernel, as on a CPU: their function bodies inside ONNX
 * Runtime against naive loops, which round on their own.
 */
class QuantizedProductsITCase {
  private static final int BATCH = 2;
  private static final int TOKENS = 35;
  private static final int MODULATIONS = 4;
  private static final int GATE = 2;
  private static final int SHIFT = 1;
  private static final int SCALE = 3;
  private static final int BLOCK = 128;

  @TempDir Path directory;

  @ParameterizedTest
  @CsvSource({"32, 128, false", "384, 256, false", "384, 256, true"})
  void bodiesGiveWhatNaiveLoopsGive(int inner, int width, boolean library) throws Exception {
    if (library) {
      BuiltLibrary.require();
    }
    writeModel(inner, width);
    Map<String, float[]> actual = run(inner, width, library);
    Map<String, float[]> expected =
        Map.of(
            "plain", outputs(width, i -> product("down", inner, width, i)),
            "biased", outputs(width, i -> biased(inner, width, i)),
            "gated", outputs(width, i -> gated(width, product("down", inner, width, i), i)),
            "gatedBiased", outputs(width, i -> gated(width, biased(inner, width, i), i)));
    assertNear(actual, expected, "operator.fp8body");
    assertNear(
        actual,
        Map.of(
            "gelu", outputs(width, i -> gelu(biased(inner, width, i))),
            "swiglu", outputs(width, i -> swiGlu(inner, width, i))),
        "operator.fp8output");
    // The products of what the graph itself has rounded.
    float[] swiglu = actual.get("swiglu");
    assertNear(
        actual,
        Map.of(
            "gatedInBlocks", outputs(width, i -> gated(width, square(swiglu, width, i), i)),
            "gatedBiasedInBlocks",
                outputs(
                    width,
                    i -> gated(width, square(swiglu, width, i) + bias(width)[i % width], i))),
        "operator.fp8body");
  }

  private static void assertNear(
      Map<String, float[]> actual, Map<String, float[]> expected, String tolerance) {
    expected.forEach(
        (name, values) ->
            assertThat(Tolerances.relativeL2(actual.get(name), values))
                .as(name)
                .isLessThan(Tolerances.of(tolerance)));
  }

  @Test
  void outputsInBlocksHaveTheLargestNumberInEach() throws Exception {
    writeModel(384, 256);
    float[] numbers = run(384, 256, false).get("numbers");
    for (int first = 0; first < numbers.length; first += BLOCK) {
      assertThat(largest(numbers, first / BLOCK, BLOCK)).isEqualTo(448);
    }
  }

  @Test
  void aNormInEightBitsIsTheNormWithEachTokenRounded() throws Exception {
    writeModel(384, 128);
    Map<String, float[]> actual = run(384, 128, false);
    float[] norm = actual.get("norm");
    float[] expected = new float[norm.length];
    for (int token = 0; token < norm.length / 128; token++) {
      float largest = largest(norm, token, 128);
      for (int i = token * 128; i < (token + 1) * 128; i++) {
        expected[i] = (float) rounded(norm[i] * (448 / largest)) * (largest / 448);
      }
    }
    assertThat(Tolerances.relativeL2(actual.get("normQuantized"), expected))
        .isLessThan(Tolerances.of("operator.fp8"));
    // Rounding to three bits of mantissa does show.
    assertThat(Tolerances.relativeL2(actual.get("normQuantized"), norm)).isBetween(0.01, 0.04);
  }

  @Test
  void onlyBlocksOfGraphsInEightBitsHaveThem() {
    GraphBuilder quantized = new GraphBuilder("denoiser.onnx", FLOAT16, FLOAT8);
    assertThat(new QuantizedProducts(quantized, null).areQuantized(1152, 3072)).isTrue();
    assertThat(new QuantizedProducts(quantized, null).areQuantized(1160, 3072)).isFalse();
    assertThat(new QuantizedProducts(quantized, null).areQuantized(1152, 3076)).isFalse();
    assertThat(new QuantizedProducts(quantized, null).areQuantizedInBlocks(1152, 3072)).isTrue();
    assertThat(new QuantizedProducts(quantized, null).areQuantizedInBlocks(1152, 3088)).isFalse();
    GraphBuilder half = new GraphBuilder("denoiser.onnx", FLOAT16);
    assertThat(new QuantizedProducts(half, null).areQuantized(1152, 3072)).isFalse();
  }

  private void writeModel(int inner, int width) throws IOException {
    GraphBuilder graph = new GraphBuilder("denoiser.onnx", FLOAT16, FLOAT8);
    Scope root = graph.root();
    Value x = half(graph, "x", width, BATCH, TOKENS, width);
    Value y = half(graph, "y", inner, BATCH, TOKENS, inner);
    Value modulation = half(graph, "modulation", width, BATCH, MODULATIONS, width);
    FusedOperators operators = new FusedOperators(graph, modulation, width);
    QuantizedProducts products = new QuantizedProducts(graph, operators);
    Value bias = graph.weight(root.at("bias"), Weight.of(() -> bias(width), width));
    QuantizedProducts.Tokens tokens = products.quantize(root.at("quantized"), y);
    Weight down = Weight.of(() -> weight("down", inner, width), width, inner);
    Weight up = Weight.of(() -> weight("up", inner, 2 * width), 2L * width, inner);
    Map<String, Value> outputs = new HashMap<>();
    outputs.put("plain", products.product(root.at("a"), tokens, down));
    outputs.put("biased", products.product(root.at("b"), tokens, down, bias));
    QuantizedProducts.Tokens gelu = products.geluProduct(root.at("c"), tokens, down, bias);
    QuantizedProducts.Tokens swiglu = products.swiGluProduct(root.at("d"), tokens, up, width);
    outputs.put("gelu", widened(root.at("wide/gelu"), gelu));
    outputs.put("swiglu", widened(root.at("wide/swiglu"), swiglu));
    Weight square = Weight.of(() -> weight("square", width, width), width, width);
    outputs.put(
        "gatedInBlocks", products.gatedProduct(root.at("i"), x, swiglu, square, List.of(), GATE));
    outputs.put(
        "gatedBiasedInBlocks",
        products.gatedProduct(root.at("j"), x, swiglu, square, List.of(bias), GATE));
    outputs.put("gated", products.gatedProduct(root.at("e"), x, tokens, down, List.of(), GATE));
    outputs.put(
        "gatedBiased", products.gatedProduct(root.at("f"), x, tokens, down, List.of(bias), GATE));
    outputs.put("numbers", swiglu.numbers());
    outputs.put("norm", operators.adaLayerNorm(root.at("g"), x, SHIFT, SCALE));
    QuantizedProducts.Tokens normed = products.adaLayerNorm(root.at("h"), x, SHIFT, SCALE, 1e-6);
    Scope wide = root.at("wide");
    outputs.put("normQuantized", wide.mul(wide.cast(normed.numbers(), FLOAT32), normed.scale()));
    outputs.forEach(
        (name, value) ->
            graph.output(name, root.at("float/" + name).cast(value, FLOAT32), "N", "T", "D"));
    graph.write(directory, bytes -> {});
  }

  /** Tokens of one block or of several in float32. */
  private static Value widened(Scope scope, QuantizedProducts.Tokens tokens) {
    Value split = scope.at("split").reshape(scope.cast(tokens.numbers(), FLOAT32), 0, 0, -1, BLOCK);
    Value scaled = scope.mul(split, scope.unsqueeze(tokens.scale(), 3));
    return scope.at("joined").reshape(scaled, 0, 0, -1);
  }

  private static Value half(GraphBuilder graph, String name, int last, int... shape) {
    Value input = graph.input(name, FLOAT32, "" + shape[0], "" + shape[1], "" + last);
    return graph.root().at("half/" + name).cast(input, FLOAT16);
  }

  private final Map<String, float[]> drawn = new HashMap<>();
  private final Map<String, double[]> roundings = new HashMap<>();

  private float[] draw(String name, long... shape) {
    return drawn.computeIfAbsent(
        name + Arrays.toString(shape), key -> OperatorTensors.random(name, shape));
  }

  private float[] tokens(String name, int width) {
    return draw(name, BATCH, TOKENS, width);
  }

  private float[] modulation(int width) {
    return draw("modulation", BATCH, MODULATIONS, width);
  }

  private float[] bias(int width) {
    return draw("bias", width);
  }

  /** [columns, inner] */
  private float[] weight(String name, int inner, int columns) {
    return draw(name, columns, inner);
  }

  private Map<String, float[]> run(int inner, int width, boolean library) throws OrtException {
    Map<String, OnnxTensor> inputs = new HashMap<>();
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
      if (library) {
        OperatorLibrary.register(options, OperatorLibrary.Kernels.CPU);
      }
      String model = directory.resolve("denoiser.onnx").toString();
      try (OrtSession session = OnnxRuntime.environment().createSession(model, options)) {
        inputs.put("x", OperatorTensors.tensor(tokens("x", width), BATCH, TOKENS, width));
        inputs.put("y", OperatorTensors.tensor(tokens("y", inner), BATCH, TOKENS, inner));
        inputs.put(
            "modulation", OperatorTensors.tensor(modulation(width), BATCH, MODULATIONS, width));
        try (OrtSession.Result result = session.run(inputs)) {
          return OperatorTensors.outputs(result);
        }
      }
    } finally {
      inputs.values().forEach(OnnxTensor::close);
    }
  }

  private static float[] outputs(int width, IntToDoubleFunction value) {
    float[] outputs = new float[BATCH * TOKENS * width];
    for (int i = 0; i < outputs.length; i++) {
      outputs[i] = (float) value.applyAsDouble(i);
    }
    return outputs;
  }

  /** The largest of a row. */
  private static float largest(float[] values, int row, int width) {
    float largest = 0;
    for (int i = row * width; i < (row + 1) * width; i++) {
      largest = Math.max(largest, Math.abs(values[i]));
    }
    return largest;
  }

  /** To three bits of mantissa, or to a multiple of 2^-9. */
  private static double rounded(double value) {
    double spacing = Math.pow(2, Math.max(Math.getExponent(value), -6) - 3.0);
    return Math.rint(value / spacing) * spacing;
  }

  /** Rows rounded to numbers in 8 bits, each multiplied by its row's scale. */
  private double[] rounded(String name, float[] values, int width) {
    return roundings.computeIfAbsent(
        name + values.length + " " + width,
        key -> {
          double[] rounded = new double[values.length];
          for (int row = 0; row < values.length / width; row++) {
            float largest = largest(values, row, width);
            for (int i = row * width; i < (row + 1) * width; i++) {
              rounded[i] = rounded(values[i] * (448 / largest)) * (largest / 448);
            }
          }
          return rounded;
        });
  }

  /** An element of the product of y with a weight of so many columns, both rounded. */
  private double product(String name, int inner, int columns, int token, int column) {
    double[] y = rounded("y", tokens("y", inner), inner);
    double[] weight = rounded(name, weight(name, inner, columns), inner);
    double sum = 0;
    for (int k = 0; k < inner; k++) {
      sum += y[token * inner + k] * weight[column * inner + k];
    }
    return sum;
  }

  private double product(String name, int inner, int width, int i) {
    return product(name, inner, width, i / width, i % width);
  }

  private double biased(int inner, int width, int i) {
    return product("down", inner, width, i) + bias(width)[i % width];
  }

  private static double gelu(double p) {
    return p / 2 * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (p + 0.044715 * p * p * p)));
  }

  private double swiGlu(int inner, int width, int i) {
    double gate = product("up", inner, 2 * width, i / width, i % width);
    return gate
        / (1 + Math.exp(-gate))
        * product("up", inner, 2 * width, i / width, width + i % width);
  }

  /** The product of given tokens with the square weight. */
  private double square(float[] tokens, int width, int i) {
    double[] weight = rounded("square", weight("square", width, width), width);
    double sum = 0;
    for (int k = 0; k < width; k++) {
      sum += tokens[i / width * width + k] * weight[i % width * width + k];
    }
    return sum;
  }

  private double gated(int width, double product, int i) {
    int row = i / width / TOKENS * MODULATIONS + GATE;
    return tokens("x", width)[i] + modulation(width)[row * width + i % width] * product;
  }
}
