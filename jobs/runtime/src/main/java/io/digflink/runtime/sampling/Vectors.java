package io.digflink.runtime.sampling;

/**
 * Arithmetic on whole latents and images, in single precision throughout: a loop that goes through
 * double takes six times as long or more.
 */
public final class Vectors {
  private Vectors() {}

  /** x = a · x + b · y, element by element. */
  static void combine(float a, float[] x, float b, float[] y) {
    for (int e = 0; e < x.length; e++) {
      x[e] = a * x[e] + b * y[e];
    }
  }

  /** Whether no value is NaN or infinite. */
  public static boolean areFinite(float[] x) {
    // 0 · v is 0, or NaN where v is not finite. Additions to one sum wait for each other, so there
    // are four.
    float a = 0;
    float b = 0;
    float c = 0;
    float d = 0;
    int whole = x.length & ~3;
    for (int e = 0; e < whole; e += 4) {
      a += 0 * x[e];
      b += 0 * x[e + 1];
      c += 0 * x[e + 2];
      d += 0 * x[e + 3];
    }
    for (int e = whole; e < x.length; e++) {
      a += 0 * x[e];
    }
    return a + b + c + d == 0;
  }
}
