package io.digflink.runtime.sampling;

/**
 * Shape of one latent, laid out [channels, height, width].
 *
 * @param channels channels of a latent
 * @param height rows of cells
 * @param width columns of cells
 */
public record LatentShape(int channels, int height, int width) {
  public LatentShape {
    if (channels < 1 || height < 1 || width < 1) {
      throw new IllegalArgumentException(
          "Expected a latent of positive size, found "
              + channels
              + "×"
              + height
              + "×"
              + width
              + " (channels×height×width)");
    }
    Math.multiplyExact(Math.multiplyExact(channels, height), width);
  }

  /** Cells of one channel. */
  public int plane() {
    return height * width;
  }

  /** Numbers in a latent. */
  public int size() {
    return channels * height * width;
  }
}
