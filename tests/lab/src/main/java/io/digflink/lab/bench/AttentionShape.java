package io.digflink.lab.bench;

/**
 * Shape of a call of the operator, with DiG's heads.
 *
 * @param batch B
 * @param length tokens T
 * @param heads H
 */
record AttentionShape(int batch, int length, int heads) {
  static final int KEY_SIZE = 32;
  static final int VALUE_SIZE = 64;

  /**
   * Reads "B,T,H".
   *
   * @throws IllegalArgumentException if it is not that
   */
  static AttentionShape parse(String text) {
    if (!text.matches("[1-9]\\d{0,6},[1-9]\\d{0,6},[1-9]\\d{0,3}")) {
      throw new IllegalArgumentException(
          "Expected a shape as batch,tokens,heads such as 8,256,6, found " + text);
    }
    String[] parts = text.split(",");
    return new AttentionShape(
        Integer.parseInt(parts[0]), Integer.parseInt(parts[1]), Integer.parseInt(parts[2]));
  }

  int keys() {
    return heads * KEY_SIZE;
  }

  int values() {
    return heads * VALUE_SIZE;
  }

  /** Width of q | k | v | g. */
  int packed() {
    return 3 * keys() + values();
  }
}
