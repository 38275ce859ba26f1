package io.digflink.export.oracle;

import java.util.Arrays;

/** Between flat row-major arrays [N, C, H, W] and one sample [C][H][W]. */
public final class Samples {
  private Samples() {}

  /** Sample {@code n} of a flat batch. */
  public static double[][][] sample(double[] batch, long[] shape, int n) {
    int channels = (int) shape[1];
    int height = (int) shape[2];
    int width = (int) shape[3];
    double[][][] sample = new double[channels][height][];
    for (int c = 0; c < channels; c++) {
      for (int r = 0; r < height; r++) {
        int start = ((n * channels + c) * height + r) * width;
        sample[c][r] = Arrays.copyOfRange(batch, start, start + width);
      }
    }
    return sample;
  }

  /** max|Δ| / max|expected| of two samples of the same shape. */
  public static double relativeError(double[][][] actual, double[][][] expected) {
    double[] a = flat(actual);
    double[] e = flat(expected);
    if (a.length != e.length || actual[0].length != expected[0].length) {
      throw new IllegalArgumentException("samples of different shapes");
    }
    double difference = 0;
    double greatest = 0;
    for (int i = 0; i < a.length; i++) {
      // Math.max keeps a NaN, so that it fails the comparison.
      difference = Math.max(difference, Math.abs(a[i] - e[i]));
      greatest = Math.max(greatest, Math.abs(e[i]));
    }
    return difference / greatest;
  }

  /** The elements of a sample in row-major order. */
  public static double[] flat(double[][][] sample) {
    return Arrays.stream(sample).flatMap(Arrays::stream).flatMapToDouble(Arrays::stream).toArray();
  }
}
