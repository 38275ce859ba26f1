package io.digflink.export.arch;

import static io.digflink.export.graph.ElementType.FLOAT16;
import static io.digflink.export.graph.ElementType.FLOAT32;
import static org.assertj.core.api.Assertions.assertThat;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtSession;
import io.digflink.export.graph.ElementType;
import io.digflink.export.graph.GraphBuilder;
import io.digflink.export.graph.Scope;
import io.digflink.operators.BuiltLibrary;
import io.digflink.operators.OnnxRuntime;
import io.digflink.operators.OperatorLibrary;
import io.digflink.operators.Tolerances;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * SoftmaxAttention without a kernel, as on a CPU: its function body inside ONNX Runtime against
 * naive loops.
 */
class SoftmaxAttentionITCase {
  private static final int BATCH = 2;
  private static final int TOKENS = 37;

  @TempDir Path directory;

  @ParameterizedTest
  @CsvSource({
    "FLOAT32, 3, 64, false",
    "FLOAT16, 3, 64, false",
    "FLOAT16, 3, 64, true",
    "FLOAT16, 2, 72, false",
    "FLOAT16, 2, 72, true",
    "FLOAT16, 4, 16, false"
  })
  void theBodyGivesWhatNaiveLoopsGive(
      ElementType precision, int heads, int headSize, boolean library) throws Exception {
    if (library) {
      BuiltLibrary.require();
    }
    int width = heads * headSize;
    writeModel(precision, heads, width);
    float[] packed = OperatorTensors.random("packed", BATCH, TOKENS, 3L * width);
    assertThat(Tolerances.relativeL2(run(packed, width, library), naive(packed, heads, headSize)))
        .isLessThan(OperatorTensors.tolerance(precision));
  }

  @Test
  void onlyHeadsThatHaveAKernelBecomeTheOperator() {
    assertThat(new SoftmaxAttention(6, 384).isOperator(FLOAT16)).isTrue();
    assertThat(new SoftmaxAttention(16, 1152).isOperator(FLOAT16)).isTrue();
    assertThat(new SoftmaxAttention(16, 1152).isOperator(FLOAT32)).isFalse();
    assertThat(new SoftmaxAttention(4, 64).isOperator(FLOAT16)).isFalse();
  }

  private void writeModel(ElementType precision, int heads, int width) throws IOException {
    GraphBuilder graph = new GraphBuilder("denoiser.onnx", precision);
    Scope root = graph.root();
    var packed = root.cast(graph.input("packed", FLOAT32, "N", "T", "" + 3 * width), precision);
    var attended = new SoftmaxAttention(heads, width).emit(graph, root.at("attn"), packed);
    graph.output("attended", root.at("float").cast(attended, FLOAT32), "N", "T", "" + width);
    graph.write(directory, bytes -> {});
  }

  private float[] run(float[] packed, int width, boolean library) throws Exception {
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
      if (library) {
        OperatorLibrary.register(options, OperatorLibrary.Kernels.CPU);
      }
      String model = directory.resolve("denoiser.onnx").toString();
      try (OrtSession session = OnnxRuntime.environment().createSession(model, options);
          OnnxTensor input = OperatorTensors.tensor(packed, BATCH, TOKENS, 3L * width);
          OrtSession.Result result = session.run(Map.of("packed", input))) {
        return OperatorTensors.outputs(result).get("attended");
      }
    }
  }

  private static float[] naive(float[] packed, int heads, int headSize) {
    int width = heads * headSize;
    float[] output = new float[BATCH * TOKENS * width];
    for (int i = 0; i < BATCH * TOKENS * heads; i++) {
      int query = i / heads;
      int first = i % heads * headSize;
      double[] weights = weights(packed, width, query, first, headSize);
      for (int column = first; column < first + headSize; column++) {
        double sum = 0;
        for (int t = 0; t < TOKENS; t++) {
          int token = query / TOKENS * TOKENS + t;
          sum += weights[t] * packed[(token * 3 + 2) * width + column];
        }
        output[query * width + column] = (float) sum;
      }
    }
    return output;
  }

  /** The softmax of a query's products with the keys of its image. */
  private static double[] weights(float[] packed, int width, int query, int first, int headSize) {
    double[] weights = new double[TOKENS];
    double sum = 0;
    for (int t = 0; t < TOKENS; t++) {
      int token = query / TOKENS * TOKENS + t;
      double score = 0;
      for (int column = first; column < first + headSize; column++) {
        score +=
            (double) packed[query * 3 * width + column] * packed[(token * 3 + 1) * width + column];
      }
      weights[t] = Math.exp(score / Math.sqrt(headSize));
      sum += weights[t];
    }
    for (int t = 0; t < TOKENS; t++) {
      weights[t] /= sum;
    }
    return weights;
  }
}
