package io.digflink.export.graph;

/** Numbers in 8 bits, e4m3fn: a sign, four bits of exponent, three of mantissa, no infinity. */
public final class Float8 {
  /** The largest number. */
  public static final float LARGEST = 448;

  private static final int EXPONENT_BIAS = 7;
  private static final int MANTISSA_BITS = 3;
  private static final int LEAST_EXPONENT = 1 - EXPONENT_BIAS;

  private Float8() {}

  /**
   * The bits of the nearest number, of two that are equally near the one with an even mantissa.
   *
   * @param value at most {@link #LARGEST} in size
   */
  static byte bits(float value) {
    float size = Math.abs(value);
    if (!(size <= LARGEST)) {
      throw new IllegalArgumentException("float8 holds at most " + LARGEST + ", not " + value);
    }
    int sign = Float.floatToRawIntBits(value) >>> 24 & 0x80;
    int exponent = Math.max(Math.getExponent(size), LEAST_EXPONENT);
    // Eighths of 2^exponent, of which a normal number has 8 to 15; 16 carry into the exponent.
    int eighths = (int) Math.rint(Math.scalb((double) size, MANTISSA_BITS - exponent));
    return (byte) (sign | ((exponent - LEAST_EXPONENT) << MANTISSA_BITS) + eighths);
  }
}
