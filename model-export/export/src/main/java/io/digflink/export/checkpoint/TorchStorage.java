package io.digflink.export.checkpoint;

import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * A PyTorch storage: a flat run of elements in the archive, which tensors view through an offset
 * and strides. Several tensors may view one storage, overlapping or not.
 *
 * @param key its name within the archive, for messages
 * @param start position of its first byte in the file
 */
record TorchStorage(
    FileBytes file, String key, long start, DType dtype, long elements, ByteOrder order) {
  /**
   * A view that repeats elements (with a stride of 0, for example) may be larger than its storage:
   * a few bytes could claim any size.
   */
  private static final long MAX_REPEATING = 1L << 24;

  /**
   * A view of this storage, without a name.
   *
   * @param offset of the first element, in elements
   * @throws CheckpointException if the view reaches past the storage
   */
  Tensor tensor(DType viewed, long offset, long[] shape, long[] strides)
      throws CheckpointException {
    long available = elements * dtype.bytes() / viewed.bytes();
    if (shape.length != strides.length || shape.length > Tensor.MAX_RANK) {
      throw new CheckpointException(
          "a tensor has %d dimensions and %d strides; expected as many, and at most %d"
              .formatted(shape.length, strides.length, Tensor.MAX_RANK));
    }
    long count = 1;
    long last = offset;
    try {
      for (int axis = 0; axis < shape.length; axis++) {
        count = Math.multiplyExact(count, shape[axis]);
        long steps = Math.max(0, shape[axis] - 1);
        last = Math.addExact(last, Math.multiplyExact(steps, strides[axis]));
      }
    } catch (ArithmeticException e) {
      throw new CheckpointException(
          "a tensor of shape %s and strides %s is larger than any file"
              .formatted(Arrays.toString(shape), Arrays.toString(strides)),
          e);
    }
    if (offset < 0 || (count > 0 && last >= available)) {
      throw new CheckpointException(
          "a tensor of shape %s, strides %s and offset %d reaches element %d of storage '%s',"
                  .formatted(Arrays.toString(shape), Arrays.toString(strides), offset, last, key)
              + " which has %d".formatted(available));
    }
    if (count > Math.max(available, MAX_REPEATING)) {
      throw new CheckpointException(
          "a tensor of shape %s repeats the %d elements of storage '%s'; call .contiguous()"
                  .formatted(Arrays.toString(shape), available, key)
              + " before saving it");
    }
    long position = start + offset * viewed.bytes();
    return new Tensor(
        "", viewed, shape, new StoredElements(file, position, viewed, order, shape, strides));
  }

  @Override
  public String toString() {
    return "storage '%s' of %d %s".formatted(key, elements, dtype);
  }
}
