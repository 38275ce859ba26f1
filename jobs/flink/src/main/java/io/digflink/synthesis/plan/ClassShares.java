package io.digflink.synthesis.plan;

import java.io.Serializable;
import java.math.BigInteger;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * Spreads the images of a data set over classes, so that the numbers are exact and every stretch of
 * indices has about the shares of the whole.
 *
 * <p>The number of a class is its share rounded by the method of largest remainders (ties to the
 * lower class). Image i takes the place {@code i · a mod N} in the list of all labels sorted by
 * class, where a is the number next to N/φ that has no factor in common with N: a golden-ratio
 * sequence, whose stretches are spread evenly.
 */
final class ClassShares implements Serializable {
  private static final long serialVersionUID = 1L;
  private static final double INVERSE_GOLDEN_RATIO = 0.6180339887498949;

  private final long[] ends;
  private final long images;
  private final long stride;

  /**
   * @param images number of images, 1 or more
   * @param weights share of every class, relative to their sum; 0 or more
   */
  ClassShares(long images, double[] weights) {
    this.images = images;
    this.stride = stride(images);
    this.ends = counts(images, weights);
    Arrays.parallelPrefix(ends, Long::sum);
  }

  /** Class of an image. */
  int labelOf(long index) {
    long place = multiplyModulo(index, stride, images);
    int found = Arrays.binarySearch(ends, place + 1);
    if (found < 0) {
      return -found - 1;
    }
    while (found > 0 && ends[found - 1] == place + 1) {
      found--; // classes without images end where the one before them ends
    }
    return found;
  }

  private static long[] counts(long images, double[] weights) {
    double sum = Arrays.stream(weights).sum();
    long[] counts = new long[weights.length];
    double[] remainders = new double[weights.length];
    long given = 0;
    for (int label = 0; label < weights.length; label++) {
      double exact = images * (weights[label] / sum);
      counts[label] = (long) Math.floor(exact);
      remainders[label] = exact - counts[label];
      given += counts[label];
    }
    int[] byRemainder =
        IntStream.range(0, weights.length)
            .filter(label -> weights[label] > 0)
            .boxed()
            .sorted((a, b) -> Double.compare(remainders[b], remainders[a]))
            .mapToInt(Integer::intValue)
            .toArray();
    for (int i = 0; given < images; i = (i + 1) % byRemainder.length) {
      counts[byRemainder[i]]++;
      given++;
    }
    return counts;
  }

  private static long stride(long images) {
    long stride = Math.max(1, Math.round(images * INVERSE_GOLDEN_RATIO));
    while (greatestCommonDivisor(stride, images) != 1) {
      stride++;
    }
    return stride;
  }

  private static long greatestCommonDivisor(long a, long b) {
    return b == 0 ? a : greatestCommonDivisor(b, a % b);
  }

  private static long multiplyModulo(long a, long b, long modulus) {
    if (Math.multiplyHigh(a, b) == 0 && a * b >= 0) {
      return a * b % modulus;
    }
    return BigInteger.valueOf(a)
        .multiply(BigInteger.valueOf(b))
        .mod(BigInteger.valueOf(modulus))
        .longValueExact();
  }
}
