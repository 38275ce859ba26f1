package io.digflink.export.arch;

import static io.digflink.export.graph.ElementType.FLOAT16;
import static io.digflink.export.graph.ElementType.FLOAT32;
import static org.assertj.core.api.Assertions.assertThat;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import io.digflink.export.graph.ElementType;
import io.digflink.export.graph.GraphBuilder;
import io.digflink.export.graph.Scope;
import io.digflink.export.graph.Value;
import io.digflink.operators.BuiltLibrary;
import io.digflink.operators.KernelProfile;
import io.digflink.operators.OnnxRuntime;
import io.digflink.operators.OperatorLibrary;
import io.digflink.operators.Tolerances;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The projections without a kernel, as on a CPU and on most GPUs: their function bodies inside ONNX
 * Runtime against naive loops.
 */
class ProjectionOperatorsITCase {
  private static final int BATCH = 2;
  private static final int TOKENS = 35;
  private static final int MODULATIONS = 4;
  private static final int GATE = 2;

  @TempDir Path directory;

  /**
   * @param inner K
   * @param width D and the hidden width of SwiGLU
   */
  @ParameterizedTest
  @CsvSource({
    "FLOAT32, 24, 16, false",
    "FLOAT32, 384, 128, false",
    "FLOAT32, 384, 128, true",
    "FLOAT16, 24, 16, false",
    "FLOAT16, 384, 128, false",
    "FLOAT16, 384, 128, true"
  })
  void bodiesGiveWhatNaiveLoopsGive(ElementType precision, int inner, int width, boolean library)
      throws Exception {
    needs(library);
    writeModel(precision, inner, width);
    Map<String, float[]> actual = run(inner, width, library).outputs;
    Map<String, float[]> expected =
        Map.of(
            "swiglu", swiGlu(inner, width),
            "gated", gated(inner, width, false),
            "biased", biased(inner, width, false),
            "gelu", biased(inner, width, true),
            "gatedBiased", gated(inner, width, true));
    expected.forEach(
        (name, values) ->
            assertThat(Tolerances.relativeL2(actual.get(name), values))
                .as(name)
                .isLessThan(OperatorTensors.tolerance(precision)));
  }

  @Test
  void bodiesUseTheKernelsThatTheLibraryHas() throws Exception {
    needs(true);
    writeModel(FLOAT16, 24, 16);
    assertThat(run(24, 16, true).ran)
        .contains("MatMul float16", "SwiGLU float16", "GatedResidual float16");
    assertThat(run(24, 16, false).ran)
        .contains("MatMul float16")
        .doesNotContain("SwiGLU float16", "GatedResidual float16");
  }

  @Test
  void exportsIn32BitsOrOfOtherSizesHaveNoProjections() {
    Products half = new Products(new GraphBuilder("denoiser.onnx", FLOAT16));
    assertThat(half.areProjected(1152, 3072)).isTrue();
    assertThat(half.areProjected(1152, 3076)).isFalse();
    assertThat(half.areProjected(100, 3072)).isFalse();
    Products single = new Products(new GraphBuilder("denoiser.onnx", FLOAT32));
    assertThat(single.areProjected(1152, 3072)).isFalse();
  }

  private static void needs(boolean library) {
    if (library) {
      BuiltLibrary.require();
    }
  }

  private void writeModel(ElementType precision, int inner, int width) throws IOException {
    GraphBuilder graph = new GraphBuilder("denoiser.onnx", precision);
    Scope root = graph.root();
    Map<String, Value> inputs = new HashMap<>();
    shapes(inner, width)
        .forEach(
            (name, shape) -> {
              String[] dimensions = new String[shape.length];
              for (int i = 0; i < shape.length; i++) {
                dimensions[i] = "" + shape[i];
              }
              Value input = graph.input(name, FLOAT32, dimensions);
              inputs.put(name, root.at("precision/" + name).cast(input, precision));
            });
    FusedOperators operators = new FusedOperators(graph, inputs.get("modulation"), width);
    Value swiglu =
        operators.swiGluProjection(root.at("up"), inputs.get("y"), inputs.get("up"), width);
    Value gated =
        operators.gatedProjection(
            root.at("down"), inputs.get("x"), inputs.get("y"), inputs.get("down"), GATE);
    Products products = new Products(graph);
    Value bias = inputs.get("bias");
    Value biased =
        products.product(
            root.at("biased"), inputs.get("y"), inputs.get("down"), bias, inner, width);
    Value gelu =
        products.geluProduct(
            root.at("gelu"), inputs.get("y"), inputs.get("down"), bias, inner, width);
    Value gatedBiased =
        operators.gatedBiasProjection(
            root.at("gatedBiased"),
            inputs.get("x"),
            inputs.get("y"),
            inputs.get("down"),
            bias,
            GATE);
    graph.output("biased", root.at("float/biased").cast(biased, FLOAT32), "N", "T", "D");
    graph.output("gelu", root.at("float/gelu").cast(gelu, FLOAT32), "N", "T", "D");
    graph.output("gatedBiased", root.at("float/gb").cast(gatedBiased, FLOAT32), "N", "T", "D");
    graph.output("swiglu", root.at("float/swiglu").cast(swiglu, FLOAT32), "N", "T", "W");
    graph.output("gated", root.at("float/gated").cast(gated, FLOAT32), "N", "T", "D");
    graph.write(directory, bytes -> {});
  }

  private static Map<String, long[]> shapes(int inner, int width) {
    return Map.of(
        "x", new long[] {BATCH, TOKENS, width},
        "y", new long[] {BATCH, TOKENS, inner},
        "up", new long[] {inner, 2L * width},
        "down", new long[] {inner, width},
        "bias", new long[] {width},
        "modulation", new long[] {BATCH, MODULATIONS, width});
  }

  private static float[] values(String name, int inner, int width) {
    return OperatorTensors.random(name, shapes(inner, width).get(name));
  }

  /**
   * What a run gave.
   *
   * @param ran the kernels that ran
   */
  private record Run(Map<String, float[]> outputs, Set<String> ran) {}

  private Run run(int inner, int width, boolean library) throws OrtException, IOException {
    Map<String, OnnxTensor> inputs = new HashMap<>();
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
      if (library) {
        OperatorLibrary.register(options, OperatorLibrary.Kernels.CPU);
      }
      KernelProfile.enable(options, directory);
      String model = directory.resolve("denoiser.onnx").toString();
      try (OrtSession session = OnnxRuntime.environment().createSession(model, options)) {
        for (Map.Entry<String, long[]> shape : shapes(inner, width).entrySet()) {
          float[] values = OperatorTensors.random(shape.getKey(), shape.getValue());
          inputs.put(shape.getKey(), OperatorTensors.tensor(values, shape.getValue()));
        }
        try (OrtSession.Result result = session.run(inputs)) {
          return new Run(OperatorTensors.outputs(result), KernelProfile.end(session));
        }
      }
    } finally {
      inputs.values().forEach(OnnxTensor::close);
    }
  }

  private static float[] swiGlu(int inner, int width) {
    float[] y = values("y", inner, width);
    float[] weight = values("up", inner, width);
    float[] output = new float[BATCH * TOKENS * width];
    for (int i = 0; i < output.length; i++) {
      double gate = product(y, weight, inner, 2 * width, i / width, i % width);
      double value = product(y, weight, inner, 2 * width, i / width, width + i % width);
      output[i] = (float) (gate / (1 + Math.exp(-gate)) * value);
    }
    return output;
  }

  /** A product with a bias, or its GELU. */
  private static float[] biased(int inner, int width, boolean gelu) {
    float[] y = values("y", inner, width);
    float[] weight = values("down", inner, width);
    float[] bias = values("bias", inner, width);
    float[] output = new float[BATCH * TOKENS * width];
    for (int i = 0; i < output.length; i++) {
      double p = product(y, weight, inner, width, i / width, i % width) + bias[i % width];
      double tanh = Math.tanh(Math.sqrt(2 / Math.PI) * (p + 0.044715 * p * p * p));
      output[i] = (float) (gelu ? p / 2 * (1 + tanh) : p);
    }
    return output;
  }

  private static float[] gated(int inner, int width, boolean biased) {
    float[] bias = biased ? values("bias", inner, width) : new float[width];
    float[] x = values("x", inner, width);
    float[] y = values("y", inner, width);
    float[] weight = values("down", inner, width);
    float[] modulation = values("modulation", inner, width);
    float[] output = new float[x.length];
    for (int i = 0; i < output.length; i++) {
      int token = i / width;
      int row = token / TOKENS * MODULATIONS + GATE;
      double product = product(y, weight, inner, width, token, i % width) + bias[i % width];
      output[i] = (float) (x[i] + modulation[row * width + i % width] * product);
    }
    return output;
  }

  private static double product(
      float[] y, float[] weight, int inner, int columns, int token, int column) {
    double sum = 0;
    for (int k = 0; k < inner; k++) {
      sum += (double) y[token * inner + k] * weight[k * columns + column];
    }
    return sum;
  }
}
