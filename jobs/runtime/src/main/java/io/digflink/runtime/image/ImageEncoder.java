package io.digflink.runtime.image;

import io.digflink.runtime.sampling.Vectors;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.MemoryCacheImageOutputStream;

/**
 * Turns the decoder's output into the bytes of an image file: the same numbers give the same bytes
 * on one build of Java.
 *
 * @param format kind of file
 * @param quality of a JPEG, 1 to 100; not read for a PNG
 */
public record ImageEncoder(ImageFormat format, int quality) {
  /** Quality of a JPEG where a request names none. */
  public static final int DEFAULT_QUALITY = 90;

  public ImageEncoder {
    if (quality < 1 || quality > 100) {
      throw new IllegalArgumentException("Expected a quality of 1 to 100, found " + quality);
    }
  }

  /**
   * Encodes an image.
   *
   * @param pixels [channels, height, width] in [−1, 1], of 3 channels (red, green, blue) or 1
   * @throws NotFiniteException if a pixel is NaN or infinite
   */
  public byte[] encode(float[] pixels, int height, int width) {
    return encode(toImage(pixels, height, width));
  }

  /** Encodes an image. */
  public byte[] encode(BufferedImage image) {
    ImageWriter writer = ImageIO.getImageWritersByFormatName(format.id()).next();
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (MemoryCacheImageOutputStream out = new MemoryCacheImageOutputStream(bytes)) {
      writer.setOutput(out);
      ImageWriteParam parameters = writer.getDefaultWriteParam();
      if (format == ImageFormat.JPEG) {
        parameters.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
        parameters.setCompressionQuality(quality / 100f);
      }
      writer.write(null, new IIOImage(image, null, null), parameters);
    } catch (IOException e) {
      throw new UncheckedIOException("Writing to memory failed", e);
    } finally {
      writer.dispose();
    }
    return bytes.toByteArray();
  }

  /**
   * Makes an 8-bit image, as the official sampling does: ⌊127.5 x + 128⌋, clamped to 0 … 255.
   *
   * @param pixels [channels, height, width] in [−1, 1], of 3 channels (red, green, blue) or 1
   * @throws NotFiniteException if a pixel is NaN or infinite
   */
  public static BufferedImage toImage(float[] pixels, int height, int width) {
    int plane = height * width;
    if (pixels.length != plane && pixels.length != 3 * plane) {
      throw new IllegalArgumentException(
          "Expected "
              + width
              + "×"
              + height
              + " pixels of 1 or 3 channels, found "
              + pixels.length
              + " numbers");
    }
    if (!Vectors.areFinite(pixels)) {
      throw new NotFiniteException(
          "Expected pixels that are finite, found NaN or infinite ones: the model diverged");
    }
    BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    int green = pixels.length == plane ? 0 : plane;
    int[] row = new int[width];
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        int e = y * width + x;
        row[x] =
            toByte(pixels[e]) << 16
                | toByte(pixels[e + green]) << 8
                | toByte(pixels[e + 2 * green]);
      }
      image.setRGB(0, y, width, 1, row, 0, width);
    }
    return image;
  }

  private static int toByte(float value) {
    return (int) Math.max(0f, Math.min(255f, 127.5f * value + 128f));
  }
}
