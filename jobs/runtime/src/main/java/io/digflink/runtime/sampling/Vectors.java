package io.digflink.runtime.sampling;

/**
 * Arithmetic on whole latents, in single precision throughout, which the JVM compiles to vector
 * instructions: a loop that goes through double takes six times as long or more.
 */
final class Vectors {
  private Vectors() {}

  /** x = a · x + b · y, element by element. */
  static void combine(float a, float[] x, float b, float[] y) {
    for (int e = 0; e < x.length; e++) {
      x[e] = a * x[e] + b * y[e];
    }
  }
}
