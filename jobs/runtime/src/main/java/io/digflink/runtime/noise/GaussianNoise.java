package io.digflink.runtime.noise;

/**
 * The Gaussian noise of one image, a pure function of (seed, image index, purpose, step, element).
 *
 * <p>The recipe, for anyone who wants the same numbers:
 *
 * <ol>
 *   <li>Element {@code e} of a draw belongs to block {@code e / 4}. The block's four 32-bit words r
 *       are Philox4x32-10 of the counter {@code (e / 4, step, index, purpose)} under the key {@code
 *       (seed mod 2^32, seed / 2^32)}; seed is taken as unsigned.
 *   <li>Box–Muller, in double precision: words (r0, r1) give elements 0 and 1 of the block, (r2,
 *       r3) give 2 and 3. With {@code u = (r0 + 0.5) / 2^32} and {@code v = r1 / 2^32}: {@code
 *       sqrt(-2 ln u) · cos(2πv)} and {@code sqrt(-2 ln u) · sin(2πv)}, rounded to float.
 * </ol>
 *
 * The values lie within ±6.77. {@link StrictMath} makes them the same on every machine.
 */
public final class GaussianNoise {
  private static final double TWO_POW_MINUS_32 = 0x1p-32;
  private static final long LOW_WORD = 0xFFFFFFFFL;

  /** What a draw is for; its number is a word of the counter. */
  public enum Purpose {
    /** The pure noise that a trajectory starts from (step 0). */
    INITIAL,
    /** The noise that a stochastic sampler adds after a step. */
    STEP
  }

  private final int key0;
  private final int key1;
  private final int index;
  private final int[] words = new int[4];

  /**
   * The noise of an image.
   *
   * @param seed any number
   * @param index place of the image in its request
   */
  public GaussianNoise(long seed, int index) {
    this.key0 = (int) seed;
    this.key1 = (int) (seed >>> 32);
    this.index = index;
  }

  /** Fills an array with the first elements of a draw. */
  public void fill(Purpose purpose, int step, float[] values) {
    for (int block = 0, e = 0; e < values.length; block++) {
      words[0] = block;
      words[1] = step;
      words[2] = index;
      words[3] = purpose.ordinal();
      Philox4x32.apply(words, key0, key1);
      e = boxMuller(words[0], words[1], values, e);
      e = boxMuller(words[2], words[3], values, e);
    }
  }

  /** Writes two values, or one where the array ends; returns where the next go. */
  private static int boxMuller(int word0, int word1, float[] values, int e) {
    if (e >= values.length) {
      return e;
    }
    double radius = Math.sqrt(-2 * StrictMath.log(((word0 & LOW_WORD) + 0.5) * TWO_POW_MINUS_32));
    double angle = 2 * Math.PI * ((word1 & LOW_WORD) * TWO_POW_MINUS_32);
    values[e] = (float) (radius * StrictMath.cos(angle));
    if (e + 1 < values.length) {
      values[e + 1] = (float) (radius * StrictMath.sin(angle));
    }
    return e + 2;
  }
}
