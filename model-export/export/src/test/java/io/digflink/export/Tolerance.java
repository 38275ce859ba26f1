package io.digflink.export;

import static org.assertj.core.api.Assertions.assertThat;

import io.digflink.bundle.Precision;

/** How far an exported graph may be from the model that it was made of. */
final class Tolerance {
  /** Largest difference relative to the largest output, in float32. */
  private static final double FP32 = 2e-4;

  /** Relative L2 norm of the difference, in float16. */
  private static final double FP16 = 1e-2;

  private Tolerance() {}

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
      assertThat(largestError / largest).as("max|Δ| / max|out|").isLessThanOrEqualTo(FP32);
    } else {
      assertThat(Math.sqrt(errorSquares / squares)).as("relative L2").isLessThanOrEqualTo(FP16);
    }
  }
}
