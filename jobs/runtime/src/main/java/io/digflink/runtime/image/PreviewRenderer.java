package io.digflink.runtime.image;

import io.digflink.bundle.ModelManifest;
import io.digflink.runtime.sampling.LatentShape;
import io.digflink.runtime.sampling.Vectors;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.util.List;
import java.util.Optional;

/**
 * Shows what an image looks like before it is decoded: each latent cell's colour is a linear
 * function of its channels, which the exporter has fitted to the bundle's decoder. It takes some
 * tens of microseconds and no device. Thread-safe.
 */
public final class PreviewRenderer {
  /** Pixels per latent cell, in each direction. A JPEG halves the resolution of its colours. */
  public static final int SCALE = 2;

  /** The media format of previews. */
  public static final ImageFormat FORMAT = ImageFormat.JPEG;

  private static final int QUALITY = 80;

  private final ImageEncoder encoder = new ImageEncoder(FORMAT, QUALITY);
  private final float[][] weights;
  private final float[] bias;

  private PreviewRenderer(ModelManifest.Preview map) {
    weights = new float[map.weights().size()][];
    bias = new float[weights.length];
    for (int color = 0; color < weights.length; color++) {
      weights[color] = floats(map.weights().get(color));
      bias[color] = map.bias().get(color).floatValue();
    }
  }

  /** The renderer of a model; none where its bundle has no map or its images no three colours. */
  public static Optional<PreviewRenderer> of(ModelManifest model) {
    return Optional.ofNullable(model.preview())
        .filter(map -> map.bias().size() == 1 || map.bias().size() == 3)
        .map(PreviewRenderer::new);
  }

  private static float[] floats(List<Double> row) {
    float[] floats = new float[row.size()];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = row.get(i).floatValue();
    }
    return floats;
  }

  /**
   * Renders a JPEG of {@value #SCALE}·W × {@value #SCALE}·H pixels.
   *
   * @param clean a clean latent or the prediction of one, [C, H, W]; not kept
   * @param shape C, H, W
   * @return the file; none where the latent is not finite
   */
  public Optional<byte[]> render(float[] clean, LatentShape shape) {
    if (!Vectors.areFinite(clean)) {
      return Optional.empty();
    }
    BufferedImage small = ImageEncoder.toImage(pixels(clean, shape), shape.height(), shape.width());
    BufferedImage large =
        new BufferedImage(
            SCALE * shape.width(), SCALE * shape.height(), BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = large.createGraphics();
    graphics.setRenderingHint(
        RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_BILINEAR);
    graphics.drawImage(small, 0, 0, large.getWidth(), large.getHeight(), null);
    graphics.dispose();
    return Optional.of(encoder.encode(large));
  }

  /**
   * The colours of a latent's cells.
   *
   * @param clean [C, H, W]
   * @return [c, H, W], displayed from −1 to 1; may lie outside
   */
  float[] pixels(float[] clean, LatentShape shape) {
    int plane = shape.plane();
    float[] pixels = new float[weights.length * plane];
    for (int color = 0; color < weights.length; color++) {
      for (int e = 0; e < plane; e++) {
        float sum = bias[color];
        for (int c = 0; c < shape.channels(); c++) {
          sum += weights[color][c] * clean[c * plane + e];
        }
        pixels[color * plane + e] = sum;
      }
    }
    return pixels;
  }
}
