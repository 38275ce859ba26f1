package io.digflink.runtime.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Random;
import javax.imageio.ImageIO;
import javax.imageio.stream.MemoryCacheImageInputStream;
import org.junit.jupiter.api.Test;

class ImageEncoderTest {
  private static final ImageEncoder PNG = new ImageEncoder(ImageFormat.PNG, 90);

  @Test
  void roundsPixelsAsTheOfficialSamplingDoes() throws IOException {
    float[] pixels = {-2, -1, -0.9961f, -0.0040f, 0, 0.0039f, 0.9921f, 1, 2, 1e30f};
    BufferedImage image = read(PNG.encode(pixels, 1, pixels.length));
    int[] expected = {0, 0, 0, 127, 128, 128, 254, 255, 255, 255};
    // ⌊127.5 x + 128⌋, clamped
    for (int x = 0; x < pixels.length; x++) {
      assertThat(image.getRGB(x, 0) & 0xFF).as("pixel of %s", pixels[x]).isEqualTo(expected[x]);
    }
  }

  @Test
  void keepsChannelsRowsAndColumnsApart() throws IOException {
    float[] pixels = new float[3 * 2 * 3];
    for (int e = 0; e < pixels.length; e++) {
      pixels[e] = (10 * e - 128 + 0.5f) / 127.5f;
    }
    BufferedImage image = read(PNG.encode(pixels, 2, 3));

    assertThat(image.getWidth()).isEqualTo(3);
    assertThat(image.getHeight()).isEqualTo(2);
    for (int y = 0; y < 2; y++) {
      for (int x = 0; x < 3; x++) {
        int e = 3 * y + x;
        assertThat(image.getRGB(x, y) & 0xFFFFFF)
            .isEqualTo(10 * e << 16 | 10 * (e + 6) << 8 | 10 * (e + 12));
      }
    }
  }

  @Test
  void givesTheSameBytesEveryTime() {
    float[] pixels = noise(3 * 64 * 64);
    for (ImageFormat format : ImageFormat.values()) {
      ImageEncoder encoder = new ImageEncoder(format, 80);
      assertThat(encoder.encode(pixels, 64, 64)).isEqualTo(encoder.encode(pixels.clone(), 64, 64));
    }
  }

  @Test
  void writesLargerJpegsOfHigherQuality() throws IOException {
    float[] pixels = noise(3 * 64 * 64);
    byte[] low = new ImageEncoder(ImageFormat.JPEG, 10).encode(pixels, 64, 64);
    byte[] high = new ImageEncoder(ImageFormat.JPEG, 95).encode(pixels, 64, 64);

    assertThat(high.length).isGreaterThan(2 * low.length);
    assertThat(low).startsWith(0xFF, 0xD8, 0xFF);
    assertThat(read(high).getWidth()).isEqualTo(64);
  }

  @Test
  void writesOneChannelAsGrey() throws IOException {
    BufferedImage image = read(PNG.encode(new float[] {-1, 0, 0.5f, 1}, 2, 2));

    assertThat(image.getRGB(0, 1) & 0xFFFFFF).isEqualTo(0xBFBFBF);
  }

  @Test
  void refusesNumbersThatAreNoImage() {
    assertThatThrownBy(() -> PNG.encode(new float[8], 2, 2))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("Expected 2×2 pixels of 1 or 3 channels, found 8 numbers");
    assertThatThrownBy(() -> new ImageEncoder(ImageFormat.JPEG, 0))
        .hasMessage("Expected a quality of 1 to 100, found 0");
    assertThatThrownBy(() -> ImageFormat.of("gif"))
        .hasMessage("Expected an image format of png, jpeg, found \"gif\"");
  }

  @Test
  void refusesPixelsThatAreNotFinite() {
    for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
      float[] pixels = noise(3 * 8 * 8);
      pixels[100] = bad;
      assertThatThrownBy(() -> PNG.encode(pixels, 8, 8))
          .isInstanceOf(NotFiniteException.class)
          .hasMessageContaining("Expected pixels that are finite");
    }
  }

  private static float[] noise(int length) {
    Random random = new Random(1);
    float[] values = new float[length];
    for (int e = 0; e < length; e++) {
      values[e] = random.nextFloat() * 2 - 1;
    }
    return values;
  }

  private static BufferedImage read(byte[] bytes) throws IOException {
    return ImageIO.read(new MemoryCacheImageInputStream(new ByteArrayInputStream(bytes)));
  }
}
