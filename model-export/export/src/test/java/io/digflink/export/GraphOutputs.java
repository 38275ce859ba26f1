package io.digflink.export;

import static org.assertj.core.api.Assertions.assertThat;

import io.digflink.bundle.Precision;
import io.digflink.operators.Tolerances;

/** Outputs of an exported graph, compared with those of the model it was made from. */
final class GraphOutputs {
  private GraphOutputs() {}

  static void assertClose(float[] found, double[] expected, Precision precision) {
    assertThat(found).hasSameSizeAs(expected);
    double largest = 0;
    double largestError = 0;
    double squares = 0;
    double errorSquares = 0;
    for (int i = 0; i < expected.length; i++) {
      double error = Math.abs(found[i] - expected[i]);
      assertThat(error).isNotNaN();
      largest = Math.max(largest, Math.abs(expected[i]));
      largestError = Math.max(largestError, error);
      squares += expected[i] * expected[i];
      errorSquares += error * error;
    }
    if (precision == Precision.FP32) {
      assertThat(largestError / largest)
          .as("max|Δ| / max|out|")
          .isLessThanOrEqualTo(Tolerances.of("graph.fp32.max"));
    } else {
      assertThat(Math.sqrt(errorSquares / squares))
          .as("relative L2")
          .isLessThanOrEqualTo(
              Tolerances.of(precision == Precision.FP16 ? "graph.fp16" : "graph.fp8"));
    }
  }
}
