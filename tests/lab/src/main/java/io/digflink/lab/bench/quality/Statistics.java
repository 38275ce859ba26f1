package io.digflink.lab.bench.quality;

import java.util.Arrays;
import org.apache.commons.math3.linear.EigenDecomposition;
import org.apache.commons.math3.linear.MatrixUtils;
import org.apache.commons.math3.linear.RealMatrix;

/**
 * The Gaussian fitted to features of images.
 *
 * @param mean [D]
 * @param covariance of a sample (divided by N − 1), [D, D]
 */
record Statistics(double[] mean, RealMatrix covariance) {

  /** Fits it to features [N, D], N at least 2. */
  static Statistics of(float[][] features) {
    int size = features[0].length;
    double[] mean = new double[size];
    for (float[] feature : features) {
      for (int d = 0; d < size; d++) {
        mean[d] += feature[d] / (double) features.length;
      }
    }
    double[][] centred = new double[features.length][size];
    for (int i = 0; i < features.length; i++) {
      for (int d = 0; d < size; d++) {
        centred[i][d] = features[i][d] - mean[d];
      }
    }
    RealMatrix matrix = MatrixUtils.createRealMatrix(centred);
    RealMatrix covariance =
        matrix.transpose().multiply(matrix).scalarMultiply(1.0 / (features.length - 1));
    return new Statistics(mean, covariance);
  }

  /**
   * Fréchet distance of the two Gaussians (Dowson and Landau, 1982): |μ₁ − μ₂|² + tr(Σ₁ + Σ₂ − 2
   * (Σ₁^½ Σ₂ Σ₁^½)^½).
   */
  double distanceTo(Statistics other) {
    double distance = covariance.getTrace() + other.covariance.getTrace();
    for (int d = 0; d < mean.length; d++) {
      double difference = mean[d] - other.mean[d];
      distance += difference * difference;
    }
    EigenDecomposition own = new EigenDecomposition(symmetric(covariance));
    double[] roots =
        Arrays.stream(own.getRealEigenvalues())
            .map(value -> Math.sqrt(Math.max(0, value)))
            .toArray();
    RealMatrix root =
        own.getV().multiply(MatrixUtils.createRealDiagonalMatrix(roots)).multiply(own.getVT());
    RealMatrix product = root.multiply(other.covariance).multiply(root);
    double[] values = new EigenDecomposition(symmetric(product)).getRealEigenvalues();
    return distance - 2 * Arrays.stream(values).map(v -> Math.sqrt(Math.max(0, v))).sum();
  }

  /** Without the differences of rounding, which the decomposition would refuse. */
  private static RealMatrix symmetric(RealMatrix matrix) {
    return matrix.add(matrix.transpose()).scalarMultiply(0.5);
  }
}
