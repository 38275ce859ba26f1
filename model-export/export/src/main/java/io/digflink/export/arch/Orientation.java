package io.digflink.export.arch;

/**
 * How the official code's token sequence lies on the grid at some block. Both changes are their own
 * inverse and commute.
 *
 * <pre>
 * direction 0       1 reversed   2 transposed   3 both
 *   0 1 2           5 4 3          0 2 4          5 3 1
 *   3 4 5           2 1 0          1 3 5          4 2 0
 * </pre>
 *
 * @param transposed whether the sequence goes down the columns
 * @param reversed whether the sequence starts at the end
 */
record Orientation(boolean transposed, boolean reversed) {
  static final Orientation CANONICAL = new Orientation(false, false);

  /** Orientation at block {@code index} (or, for the depth, after the last block). */
  static Orientation before(DigConfig config, int index) {
    boolean transposed = config.ifQuadDir() && index / 2 % 2 == 1;
    boolean reversed = config.bidMode().equals("layer") && index % 2 == 1;
    return new Orientation(transposed, reversed);
  }

  /** The scan direction of the operator GatedLinearAttention. */
  int direction() {
    return (transposed ? 2 : 0) + (reversed ? 1 : 0);
  }

  /** A square depthwise kernel, turned so that it applies to the grid in canonical order. */
  float[] toCanonical(float[] kernels, int side) {
    float[] canonical = new float[kernels.length];
    int area = side * side;
    for (int i = 0; i < kernels.length; i++) {
      int row = i % area / side;
      int column = i % side;
      int source = transposed ? column * side + row : row * side + column;
      canonical[i] = kernels[i - i % area + (reversed ? area - 1 - source : source)];
    }
    return canonical;
  }
}
