package io.digflink.runtime.noise;

/**
 * The counter-based generator Philox4x32-10 (Salmon, Moraes, Dror and Shaw, "Parallel random
 * numbers: as easy as 1, 2, 3", SC 2011): ten rounds turn a counter of four and a key of two 32-bit
 * words into four random words. There is no state, so any number can be drawn at any time.
 */
public final class Philox4x32 {
  private static final int ROUNDS = 10;
  private static final long MULTIPLIER_0 = 0xD2511F53L;
  private static final long MULTIPLIER_1 = 0xCD9E8D57L;
  private static final int WEYL_0 = 0x9E3779B9;
  private static final int WEYL_1 = 0xBB67AE85;
  private static final long LOW_WORD = 0xFFFFFFFFL;

  private Philox4x32() {}

  /**
   * Replaces a counter by its random words.
   *
   * @param words on entry the counter, on return the random words; 4 entries
   * @param key0 first word of the key
   * @param key1 second word of the key
   */
  public static void apply(int[] words, int key0, int key1) {
    int x0 = words[0];
    int x1 = words[1];
    int x2 = words[2];
    int x3 = words[3];
    for (int round = 0; round < ROUNDS; round++) {
      long product0 = MULTIPLIER_0 * (x0 & LOW_WORD);
      long product1 = MULTIPLIER_1 * (x2 & LOW_WORD);
      x0 = (int) (product1 >>> 32) ^ x1 ^ key0;
      x1 = (int) product1;
      x2 = (int) (product0 >>> 32) ^ x3 ^ key1;
      x3 = (int) product0;
      key0 += WEYL_0;
      key1 += WEYL_1;
    }
    words[0] = x0;
    words[1] = x1;
    words[2] = x2;
    words[3] = x3;
  }
}
