package io.digflink.export.checkpoint;

import java.math.BigInteger;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** The bytes of a pickle, read as the arguments of opcodes. */
final class PickleInput {
  private static final int MAX_STRING = 1 << 20;

  private final ByteBuffer in;

  PickleInput(ByteBuffer pickle) {
    this.in = pickle.order(ByteOrder.LITTLE_ENDIAN);
  }

  int position() {
    return in.position();
  }

  int unsignedByte() {
    return in.get() & 0xFF;
  }

  int unsignedShort() {
    return in.getShort() & 0xFFFF;
  }

  int int32() {
    return in.getInt();
  }

  long unsignedInt() {
    return in.getInt() & 0xFFFFFFFFL;
  }

  long int64() {
    return in.getLong();
  }

  /** A big-endian double. */
  double real() {
    return Double.longBitsToDouble(Long.reverseBytes(in.getLong()));
  }

  /** A little-endian two's complement integer of {@code length} bytes. */
  Number integer(long length) throws CheckpointException {
    if (length == 0) {
      return 0L;
    }
    ByteBuffer bytes = slice(bounded(length));
    byte[] bigEndian = new byte[bytes.remaining()];
    for (int i = bigEndian.length - 1; i >= 0; i--) {
      bigEndian[i] = bytes.get();
    }
    return narrowed(new BigInteger(bigEndian));
  }

  /** An integer as decimal digits, or a boolean as {@code 00} or {@code 01}. */
  Object decimal() throws CheckpointException {
    String digits = line();
    if (digits.equals("00") || digits.equals("01")) {
      return digits.equals("01");
    }
    try {
      if (digits.length() <= 1000) {
        return narrowed(
            new BigInteger(
                digits.endsWith("L") ? digits.substring(0, digits.length() - 1) : digits));
      }
    } catch (NumberFormatException e) {
      // the message below says it
    }
    throw new CheckpointException("an integer is not written in at most 1000 decimal digits");
  }

  /** A UTF-8 string of {@code length} bytes. */
  String string(long length) throws CheckpointException {
    return decode(slice(bounded(length)));
  }

  /** A UTF-8 string that ends with its line. */
  String line() throws CheckpointException {
    int start = in.position();
    while (in.get() != '\n') {
      if (in.position() - start > MAX_STRING) {
        throw new CheckpointException("a name of more than %d bytes".formatted(MAX_STRING));
      }
    }
    return decode(in.slice(start, in.position() - 1 - start));
  }

  /** Passes over bytes whose values nobody needs. */
  void skip(long length) {
    slice(length);
  }

  private long bounded(long length) throws CheckpointException {
    if (length < 0 || length > MAX_STRING) {
      throw new CheckpointException(
          "a string of %d bytes; at most %d are read".formatted(length, MAX_STRING));
    }
    return length;
  }

  private ByteBuffer slice(long length) {
    if (length < 0 || length > in.remaining()) {
      throw new BufferUnderflowException();
    }
    ByteBuffer bytes = in.slice(in.position(), (int) length);
    in.position(in.position() + (int) length);
    return bytes;
  }

  private static Number narrowed(BigInteger value) {
    return value.bitLength() < Long.SIZE ? (Number) value.longValue() : value;
  }

  private static String decode(ByteBuffer utf8) throws CheckpointException {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(utf8).toString();
    } catch (CharacterCodingException e) {
      throw new CheckpointException("a string is not UTF-8", e);
    }
  }
}
