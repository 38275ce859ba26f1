package io.digflink.export.arch;

import io.digflink.export.graph.Weight;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Folds DiG's low-rank gate projection into one matrix. */
final class LowRank {
  /** Rank of DiG's gate projection. */
  static final int GATE_RANK = 16;

  private LowRank() {}

  /** {@code up · down} in double precision; up is [rows, rank], down is [rank, columns]. */
  static Weight product(Weight up, Weight down) {
    int rows = Math.toIntExact(up.shape().get(0));
    int rank = Math.toIntExact(up.shape().get(1));
    int columns = Math.toIntExact(down.shape().get(1));
    List<String> sources = new ArrayList<>(up.sources());
    sources.addAll(down.sources());
    return Weight.of(
            () -> product(up.toArray(), down.toArray(), rows, rank, columns), rows, columns)
        .from(sources);
  }

  private static float[] product(float[] up, float[] down, int rows, int rank, int columns) {
    float[] product = new float[rows * columns];
    double[] sums = new double[columns];
    for (int row = 0; row < rows; row++) {
      Arrays.fill(sums, 0);
      for (int r = 0; r < rank; r++) {
        double factor = up[row * rank + r];
        for (int column = 0; column < columns; column++) {
          sums[column] += factor * down[r * columns + column];
        }
      }
      for (int column = 0; column < columns; column++) {
        product[row * columns + column] = (float) sums[column];
      }
    }
    return product;
  }
}
