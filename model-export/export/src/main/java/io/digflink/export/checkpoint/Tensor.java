package io.digflink.export.checkpoint;

import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.List;

/**
 * A named tensor whose elements stay where they are (in a mapped file, or in a generator) until
 * they are copied out as floats in row-major order, whatever their stored type and strides.
 */
public final class Tensor {
  /** The most dimensions that are read; weights have up to four. */
  static final int MAX_RANK = 16;

  private final String name;
  private final DType dtype;
  private final long[] shape;
  private final long elements;
  private final ElementSource source;

  Tensor(String name, DType dtype, long[] shape, ElementSource source) {
    this.name = name;
    this.dtype = dtype;
    this.shape = shape.clone();
    this.elements = countElements(shape);
    this.source = source;
  }

  /**
   * A tensor in memory.
   *
   * @throws IllegalArgumentException if {@code shape} does not hold {@code values.length} elements
   */
  public static Tensor of(String name, long[] shape, float... values) {
    if (countElements(shape) != values.length) {
      throw new IllegalArgumentException(
          "%s: shape %s holds %d elements, but %d values were given"
              .formatted(name, Arrays.toString(shape), countElements(shape), values.length));
    }
    return new Tensor(
        name,
        DType.FLOAT32,
        shape,
        (first, destination) ->
            destination.put(values, Math.toIntExact(first), destination.remaining()));
  }

  /**
   * Tensors joined along their first axis.
   *
   * @throws CheckpointException if their other dimensions differ
   */
  static Tensor concatenated(String name, List<Tensor> parts) throws CheckpointException {
    long[] shape = parts.get(0).shape.clone();
    shape[0] = 0;
    for (Tensor part : parts) {
      long[] expected = parts.get(0).shape.clone();
      expected[0] = part.shape.length == 0 ? 0 : part.shape[0];
      if (!Arrays.equals(part.shape, expected)) {
        throw new CheckpointException("%s and %s cannot be joined".formatted(parts.get(0), part));
      }
      shape[0] = Math.addExact(shape[0], part.shape[0]);
    }
    return new Tensor(
        name, parts.get(0).dtype, shape, (first, into) -> readParts(parts, first, into));
  }

  private static void readParts(List<Tensor> parts, long first, FloatBuffer destination) {
    int end = destination.limit();
    long from = first;
    for (Tensor part : parts) {
      if (from < part.elements && destination.position() < end) {
        long count = Math.min(part.elements - from, end - destination.position());
        part.copyTo(from, destination.limit(destination.position() + (int) count));
        from = 0;
      } else {
        from = Math.max(0, from - part.elements);
      }
    }
    destination.limit(end);
  }

  public String name() {
    return name;
  }

  /** The stored element type; {@link #copyTo} and {@link #toFloatArray} convert from it. */
  public DType dtype() {
    return dtype;
  }

  /** The dimensions; empty for a scalar. */
  public long[] shape() {
    return shape.clone();
  }

  /** The product of the dimensions. */
  public long elements() {
    return elements;
  }

  /**
   * Copies elements {@code first}, {@code first + 1}, … (row-major) until {@code destination} has
   * nothing remaining: large tensors go through a small buffer.
   *
   * @throws IndexOutOfBoundsException if the tensor ends before {@code destination} does
   */
  public void copyTo(long first, FloatBuffer destination) {
    if (first < 0 || destination.remaining() > elements - first) {
      throw new IndexOutOfBoundsException(
          "%s has %d elements; asked for %d from element %d"
              .formatted(name, elements, destination.remaining(), first));
    }
    source.read(first, destination);
  }

  /**
   * All elements in row-major order.
   *
   * @throws ArithmeticException if there are more than an array can hold; use {@link #copyTo}
   */
  public float[] toFloatArray() {
    float[] values = new float[Math.toIntExact(elements)];
    copyTo(0, FloatBuffer.wrap(values));
    return values;
  }

  /** The same tensor under another name. */
  public Tensor withName(String newName) {
    return new Tensor(newName, dtype, shape, source);
  }

  @Override
  public String toString() {
    return "%s %s%s".formatted(name, dtype, Arrays.toString(shape));
  }

  private static long countElements(long[] shape) {
    long count = 1;
    for (long dimension : shape) {
      if (dimension < 0) {
        throw new IllegalArgumentException("negative dimension in " + Arrays.toString(shape));
      }
      count = Math.multiplyExact(count, dimension);
    }
    return count;
  }
}
