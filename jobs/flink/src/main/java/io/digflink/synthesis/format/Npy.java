package io.digflink.synthesis.format;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.stream.Collectors;

/**
 * NumPy's .npy format, version 1.0: magic, header length, a Python dictionary padded to a multiple
 * of 64 bytes, then the elements in C order.
 */
final class Npy {
  private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0};
  private static final int ALIGNMENT = 64;

  private Npy() {}

  /**
   * The bytes before the elements.
   *
   * @param type NumPy's name of the element type, such as {@code |u1}, {@code <i8}, {@code <f4}
   */
  static byte[] header(String type, long... shape) {
    String dimensions =
        Arrays.stream(shape).mapToObj(d -> d + ",").collect(Collectors.joining(" "));
    String dictionary =
        "{'descr': '" + type + "', 'fortran_order': False, 'shape': (" + dimensions + "), }";
    int unpadded = MAGIC.length + Short.BYTES + dictionary.length() + 1;
    int length = (unpadded + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    byte[] header = new byte[length];
    Arrays.fill(header, (byte) ' ');
    header[length - 1] = '\n';
    ByteBuffer.wrap(header)
        .order(ByteOrder.LITTLE_ENDIAN)
        .put(MAGIC)
        .putShort((short) (length - MAGIC.length - Short.BYTES))
        .put(dictionary.getBytes(StandardCharsets.US_ASCII));
    return header;
  }

  /** Little-endian bytes of floats. */
  static byte[] bytes(float[] values) {
    ByteBuffer buffer =
        ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    buffer.asFloatBuffer().put(values);
    return buffer.array();
  }

  /** A whole file of a float32 array. */
  static byte[] file(float[] values, long... shape) {
    byte[] header = header("<f4", shape);
    byte[] file = Arrays.copyOf(header, header.length + values.length * Float.BYTES);
    System.arraycopy(bytes(values), 0, file, header.length, file.length - header.length);
    return file;
  }
}
