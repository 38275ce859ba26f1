package io.digflink.export.checkpoint;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/**
 * Element types of stored tensors, with their names in safetensors headers and PyTorch storages.
 */
public enum DType {
  FLOAT64("F64", "DoubleStorage", 8),
  FLOAT32("F32", "FloatStorage", 4),
  FLOAT16("F16", "HalfStorage", 2),
  BFLOAT16("BF16", "BFloat16Storage", 2),
  INT64("I64", "LongStorage", 8),
  INT32("I32", "IntStorage", 4),
  INT16("I16", "ShortStorage", 2),
  INT8("I8", "CharStorage", 1),
  UINT8("U8", "ByteStorage", 1),
  BOOL("BOOL", "BoolStorage", 1);

  private final String safetensorsName;
  private final String torchStorageName;
  private final int bytes;

  DType(String safetensorsName, String torchStorageName, int bytes) {
    this.safetensorsName = safetensorsName;
    this.torchStorageName = torchStorageName;
    this.bytes = bytes;
  }

  /** Bytes of one element. */
  public int bytes() {
    return bytes;
  }

  /** The name in a safetensors header. */
  String safetensorsName() {
    return safetensorsName;
  }

  /** The element at byte {@code index} of {@code buffer}, rounded to float if it is wider. */
  float toFloat(ByteBuffer buffer, int index) {
    return switch (this) {
      case FLOAT64 -> (float) buffer.getDouble(index);
      case FLOAT32 -> buffer.getFloat(index);
      case FLOAT16 -> halfToFloat(buffer.getShort(index));
      case BFLOAT16 -> Float.intBitsToFloat(buffer.getShort(index) << 16);
      case INT64 -> buffer.getLong(index);
      case INT32 -> buffer.getInt(index);
      case INT16 -> buffer.getShort(index);
      case INT8 -> buffer.get(index);
      case UINT8 -> buffer.get(index) & 0xFF;
      case BOOL -> buffer.get(index) == 0 ? 0 : 1;
    };
  }

  static Optional<DType> ofSafetensorsName(String name) {
    return Arrays.stream(values()).filter(t -> t.safetensorsName.equals(name)).findFirst();
  }

  /** By PyTorch's name for the dtype, such as the {@code bfloat16} of {@code torch.bfloat16}. */
  static Optional<DType> ofTorchName(String name) {
    return Arrays.stream(values())
        .filter(t -> t.name().toLowerCase(Locale.ROOT).equals(name))
        .findFirst();
  }

  static Optional<DType> ofTorchStorageName(String name) {
    return Arrays.stream(values()).filter(t -> t.torchStorageName.equals(name)).findFirst();
  }

  /** IEEE 754 binary16 to binary32; exact. */
  private static float halfToFloat(short half) {
    int sign = (half & 0x8000) << 16;
    int exponent = (half >>> 10) & 0x1F;
    int mantissa = half & 0x3FF;
    if (exponent == 0) {
      float magnitude = mantissa * 0x1p-24f;
      return sign == 0 ? magnitude : -magnitude;
    }
    int biased = exponent == 0x1F ? 0xFF : exponent - 15 + 127;
    return Float.intBitsToFloat(sign | (biased << 23) | (mantissa << 13));
  }
}
