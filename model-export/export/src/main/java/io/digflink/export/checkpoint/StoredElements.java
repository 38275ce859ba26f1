package io.digflink.export.checkpoint;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;

/** Elements in a file, laid out by strides as PyTorch does, or contiguously as safetensors does. */
final class StoredElements implements ElementSource {
  private final FileBytes file;
  private final long start;
  private final DType dtype;
  private final ByteOrder order;
  private final long[] shape;
  private final long[] strides;
  private final boolean contiguous;

  /**
   * @param start position of the first element in the file, in bytes
   * @param strides elements from one index to the next, for every axis; the caller has checked that
   *     every element they reach is in the file
   */
  StoredElements(
      FileBytes file, long start, DType dtype, ByteOrder order, long[] shape, long[] strides) {
    this.file = file;
    this.start = start;
    this.dtype = dtype;
    this.order = order;
    this.shape = shape.clone();
    this.strides = strides.clone();
    this.contiguous = isContiguous(shape, strides);
  }

  /** The strides of a row-major tensor. */
  static long[] rowMajorStrides(long[] shape) {
    long[] strides = new long[shape.length];
    long stride = 1;
    for (int axis = shape.length - 1; axis >= 0; axis--) {
      strides[axis] = stride;
      stride *= Math.max(1, shape[axis]);
    }
    return strides;
  }

  @Override
  public void read(long first, FloatBuffer destination) {
    if (contiguous) {
      readRun(first, destination);
    } else {
      readStrided(first, destination);
    }
  }

  private static boolean isContiguous(long[] shape, long[] strides) {
    long[] rowMajor = rowMajorStrides(shape);
    for (int axis = 0; axis < shape.length; axis++) {
      if (shape[axis] > 1 && strides[axis] != rowMajor[axis]) {
        return false;
      }
    }
    return true;
  }

  private void readRun(long first, FloatBuffer destination) {
    int width = dtype.bytes();
    long position = start + first * width;
    while (destination.hasRemaining()) {
      ByteBuffer bytes = file.from(position, order);
      int count = Math.min(bytes.remaining() / width, destination.remaining());
      if (dtype == DType.FLOAT32) {
        destination.put(bytes.asFloatBuffer().limit(count));
      } else {
        for (int i = 0; i < count; i++) {
          destination.put(dtype.toFloat(bytes, i * width));
        }
      }
      position += (long) count * width;
    }
  }

  private void readStrided(long first, FloatBuffer destination) {
    long[] index = new long[shape.length];
    long element = 0;
    long rest = first;
    for (int axis = shape.length - 1; axis >= 0; axis--) {
      index[axis] = rest % shape[axis];
      rest /= shape[axis];
      element += index[axis] * strides[axis];
    }
    while (destination.hasRemaining()) {
      ByteBuffer bytes = file.from(start + element * dtype.bytes(), order);
      destination.put(dtype.toFloat(bytes, 0));
      element = advance(index, element);
    }
  }

  /** Steps {@code index} to the next element in row-major order; returns where that is stored. */
  private long advance(long[] index, long element) {
    for (int axis = shape.length - 1; axis >= 0; axis--) {
      index[axis]++;
      element += strides[axis];
      if (index[axis] < shape[axis]) {
        return element;
      }
      element -= index[axis] * strides[axis];
      index[axis] = 0;
    }
    return element;
  }
}
