package io.digflink.export.arch;

/**
 * A grid of tokens.
 *
 * @param rows tokens in a column
 * @param columns tokens in a row
 */
public record GridSize(int rows, int columns) {
  /** Number of tokens. */
  public long tokens() {
    return (long) rows * columns;
  }
}
