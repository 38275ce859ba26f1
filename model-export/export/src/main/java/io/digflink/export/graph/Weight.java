package io.digflink.export.graph;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/**
 * Constant data of a graph, computed when it is written. Only one piece at a time is in memory.
 *
 * @param shape dimensions
 * @param pieces return the elements in row-major order, one piece after another
 * @param sources names of the parameters that the data comes from
 */
public record Weight(List<Long> shape, List<Supplier<float[]>> pieces, List<String> sources) {
  public Weight {
    shape = List.copyOf(shape);
    pieces = List.copyOf(pieces);
    sources = List.copyOf(sources);
  }

  /** A weight of one piece. */
  public static Weight of(Supplier<float[]> values, long... shape) {
    return new Weight(Arrays.stream(shape).boxed().toList(), List.of(values), List.of());
  }

  /** The same data, from these parameters. */
  public Weight from(List<String> names) {
    return new Weight(shape, pieces, names);
  }

  /** Number of elements. */
  public long elements() {
    return shape.stream().reduce(1L, Math::multiplyExact);
  }

  /** The same data with other dimensions. */
  public Weight reshaped(long... newShape) {
    Weight weight = new Weight(Arrays.stream(newShape).boxed().toList(), pieces, sources);
    if (weight.elements() != elements()) {
      throw new IllegalArgumentException(
          "Cannot reshape a weight of "
              + shape
              + " to "
              + weight.shape
              + ": the number of elements differs");
    }
    return weight;
  }

  /** The weight with every element recomputed, in the same shape. */
  public Weight map(UnaryOperator<float[]> change) {
    Supplier<float[]> values = () -> change.apply(toArray());
    return new Weight(shape, List.of(values), sources);
  }

  /** {@code [rows, columns]} as {@code [columns, rows]}. */
  public Weight transposed() {
    if (shape.size() != 2) {
      throw new IllegalArgumentException("Cannot transpose a weight of " + shape);
    }
    int rows = Math.toIntExact(shape.get(0));
    int columns = Math.toIntExact(shape.get(1));
    return new Weight(
        List.of(shape.get(1), shape.get(0)),
        List.of(() -> transpose(toArray(), rows, columns)),
        sources);
  }

  /** Weights joined along their first axis; the other dimensions must be equal. */
  public static Weight concatenated(List<Weight> parts) {
    List<Long> rest = parts.get(0).shape.subList(1, parts.get(0).shape.size());
    List<Supplier<float[]>> pieces = new ArrayList<>();
    List<String> sources = new ArrayList<>();
    long rows = 0;
    for (Weight part : parts) {
      if (!part.shape.subList(1, part.shape.size()).equals(rest)) {
        throw new IllegalArgumentException(
            "Cannot join weights of " + parts.get(0).shape + " and " + part.shape);
      }
      rows += part.shape.get(0);
      pieces.addAll(part.pieces);
      sources.addAll(part.sources);
    }
    List<Long> shape = new ArrayList<>(List.of(rows));
    shape.addAll(rest);
    return new Weight(shape, pieces, sources);
  }

  /** All elements in row-major order. */
  public float[] toArray() {
    if (pieces.size() == 1) {
      return pieces.get(0).get();
    }
    float[] all = new float[Math.toIntExact(elements())];
    int at = 0;
    for (Supplier<float[]> piece : pieces) {
      float[] values = piece.get();
      System.arraycopy(values, 0, all, at, values.length);
      at += values.length;
    }
    return all;
  }

  private static float[] transpose(float[] values, int rows, int columns) {
    float[] transposed = new float[values.length];
    int tile = 32;
    for (int top = 0; top < rows; top += tile) {
      for (int left = 0; left < columns; left += tile) {
        for (int row = top; row < Math.min(top + tile, rows); row++) {
          for (int column = left; column < Math.min(left + tile, columns); column++) {
            transposed[column * rows + row] = values[row * columns + column];
          }
        }
      }
    }
    return transposed;
  }
}
