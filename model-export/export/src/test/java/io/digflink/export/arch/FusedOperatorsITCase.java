package io.digflink.export.arch;

import static io.digflink.export.graph.ElementType.FLOAT32;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
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
import java.nio.LongBuffer;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The kernels of the memory-bound operators inside ONNX Runtime, against their function bodies. */
class FusedOperatorsITCase {
  private static final int BATCH = 2;
  private static final int ROWS = 5;
  private static final int COLUMNS = 7;
  private static final int MODULATIONS = 4;

  private static final List<String> OUTPUTS =
      List.of("normed", "sum", "normed_sum", "residual", "swiglu", "convolved");

  private static final List<String> OPERATORS =
      List.of("AdaLayerNorm", "GatedAdaLayerNorm", "GatedResidual", "SwiGLU", "DepthwiseConv");

  @TempDir Path directory;

  /**
   * What a run gave.
   *
   * @param ran the kernels that ran
   */
  private record Run(Map<String, float[]> outputs, Set<String> ran) {}

  @BeforeAll
  static void needsTheLibrary() {
    BuiltLibrary.require();
  }

  @ParameterizedTest
  @CsvSource({
    "FLOAT32, 12, 3",
    "FLOAT32, 100, 5",
    "FLOAT32, 384, 3",
    "FLOAT16, 12, 1",
    "FLOAT16, 100, 5",
    "FLOAT16, 384, 3"
  })
  void kernelsAgreeWithTheFunctionBodies(ElementType precision, int width, int kernel)
      throws Exception {
    writeModel(precision, width, kernel);
    Run bodies = run(width, kernel, false, ROWS);
    Run kernels = run(width, kernel, true, ROWS);
    String type = precision == FLOAT32 ? " float" : " float16";
    List<String> operators = OPERATORS.stream().map(operator -> operator + type).toList();
    assertThat(kernels.ran).containsAll(operators);
    assertThat(bodies.ran).doesNotContainAnyElementsOf(operators);
    for (String output : OUTPUTS) {
      assertThat(Tolerances.relativeL2(kernels.outputs.get(output), bodies.outputs.get(output)))
          .as(output)
          .isLessThan(OperatorTensors.tolerance(precision));
    }
  }

  @Test
  void refusesAGridThatDoesNotHoldTheTokens() throws Exception {
    writeModel(FLOAT32, 8, 3);
    assertThatThrownBy(() -> run(8, 3, true, ROWS + 1))
        .hasMessageContaining(
            "DepthwiseConv: a grid of 6 rows and 7 columns does not have the 35 tokens of its"
                + " input");
  }

  @Test
  void refusesModulationWithoutTheRowThatANodeNames() throws Exception {
    GraphBuilder graph = new GraphBuilder("denoiser.onnx", FLOAT32);
    Value x = graph.input("x", FLOAT32, "N", "T", "8");
    Value modulation = graph.input("modulation", FLOAT32, "N", "R", "8");
    FusedOperators operators = new FusedOperators(graph, modulation, 8);
    Scope root = graph.root();
    graph.output("normed", operators.adaLayerNorm(root.at("norm"), x, 4, 1), "N", "T", "8");
    graph.write(directory, bytes -> {});
    assertThatThrownBy(() -> run(8, 3, true, ROWS))
        .hasMessageContaining("AdaLayerNorm: modulation must be [2, at least 5, 8], not [2, 4, 8]");
  }

  private void writeModel(ElementType precision, int width, int kernel) throws IOException {
    GraphBuilder graph = new GraphBuilder("denoiser.onnx", precision);
    Scope root = graph.root();
    Map<String, Value> inputs = new HashMap<>();
    shapes(width, kernel)
        .forEach(
            (name, shape) -> {
              String[] dimensions = new String[shape.length];
              for (int i = 0; i < shape.length; i++) {
                dimensions[i] = name + "_" + i;
              }
              Value input = graph.input(name, FLOAT32, dimensions);
              inputs.put(name, root.at("precision/" + name).cast(input, precision));
            });
    Value grid = graph.input("grid", ElementType.INT64, "2");
    FusedOperators operators = new FusedOperators(graph, inputs.get("modulation"), width);
    Value x = inputs.get("x");
    Value y = inputs.get("y");
    List<Value> gated = operators.gatedAdaLayerNorm(root.at("gated_norm"), x, y, 2, 0, 1);
    Map<String, Value> outputs = new HashMap<>();
    outputs.put("normed", operators.adaLayerNorm(root.at("norm"), x, 0, 3));
    outputs.put("sum", gated.get(0));
    outputs.put("normed_sum", gated.get(1));
    outputs.put("residual", operators.gatedResidual(root.at("residual"), x, y, 3));
    outputs.put("swiglu", operators.swiGlu(root.at("swiglu"), x, width / 2));
    outputs.put(
        "convolved",
        operators.depthwiseConv(
            root.at("conv"), x, grid, inputs.get("weight"), inputs.get("bias"), kernel, width));
    for (String name : OUTPUTS) {
      Value output = root.at("float/" + name).cast(outputs.get(name), FLOAT32);
      graph.output(name, output, "N", "T", name + "_width");
    }
    graph.write(directory, bytes -> {});
  }

  private static Map<String, long[]> shapes(int width, int kernel) {
    long tokens = ROWS * COLUMNS;
    return Map.of(
        "x", new long[] {BATCH, tokens, width},
        "y", new long[] {BATCH, tokens, width},
        "modulation", new long[] {BATCH, MODULATIONS, width},
        "weight", new long[] {(long) kernel * kernel, width},
        "bias", new long[] {width});
  }

  /** Runs the model on inputs that depend on their shapes alone. */
  private Run run(int width, int kernel, boolean library, int rows)
      throws OrtException, IOException {
    OrtEnvironment environment = OnnxRuntime.environment();
    Map<String, OnnxTensor> inputs = new HashMap<>();
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
      if (library) {
        OperatorLibrary.register(options, OperatorLibrary.Kernels.CPU);
      }
      KernelProfile.enable(options, directory);
      String model = directory.resolve("denoiser.onnx").toString();
      try (OrtSession session = environment.createSession(model, options)) {
        for (Map.Entry<String, long[]> shape : shapes(width, kernel).entrySet()) {
          if (session.getInputNames().contains(shape.getKey())) {
            float[] values = OperatorTensors.random(shape.getKey(), shape.getValue());
            inputs.put(shape.getKey(), OperatorTensors.tensor(values, shape.getValue()));
          }
        }
        if (session.getInputNames().contains("grid")) {
          LongBuffer grid = LongBuffer.wrap(new long[] {rows, COLUMNS});
          inputs.put("grid", OnnxTensor.createTensor(environment, grid, new long[] {2}));
        }
        try (OrtSession.Result result = session.run(inputs)) {
          return new Run(OperatorTensors.outputs(result), KernelProfile.end(session));
        }
      }
    } finally {
      inputs.values().forEach(OnnxTensor::close);
    }
  }
}
