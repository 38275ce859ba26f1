package io.digflink.synthesis.store;

import io.digflink.schemas.GeneratedImage;

/**
 * One image of a data set.
 *
 * @param index place in the data set, from 0
 * @param image the image file and how it was made
 * @param latent the latent before the decoder, [channels, height, width] flattened, or empty where
 *     latents are not kept
 */
public record Sample(long index, GeneratedImage image, float[] latent) {
  /** Stands for the label of an unconditional image where a number is needed. */
  public static final int NO_LABEL = -1;

  /** Stands for a latent that is not kept. */
  public static final float[] NO_LATENT = {};

  /** The class index, or {@link #NO_LABEL}. */
  public int labelOrNone() {
    return image.getLabel() == null ? NO_LABEL : image.getLabel();
  }

  /** Bytes of the image file. */
  public byte[] imageBytes() {
    byte[] bytes = new byte[image.getBytes().remaining()];
    image.getBytes().duplicate().get(bytes);
    return bytes;
  }
}
