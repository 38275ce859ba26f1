package io.digflink.runtime.image;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.util.Arrays;
import java.util.Optional;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ImageMetadataTest {
  private static final String TEXT = "{\"class_name\":\"Éclair, 青い花 \\\"🎂\\\"\"}";

  @ParameterizedTest
  @EnumSource(ImageFormat.class)
  void aTextComesBackAsItWasWritten(ImageFormat format) {
    byte[] file = ImageMetadata.write(image(format), format, TEXT);

    assertThat(ImageMetadata.read(file)).contains(TEXT);
    assertThat(ImageMetadata.formatOf(file)).contains(format);
  }

  @ParameterizedTest
  @EnumSource(ImageFormat.class)
  void thePixelsStayAsTheyAre(ImageFormat format) throws Exception {
    byte[] plain = image(format);
    byte[] file = ImageMetadata.write(plain, format, TEXT);

    assertThat(pixels(file)).isEqualTo(pixels(plain));
  }

  @ParameterizedTest
  @EnumSource(ImageFormat.class)
  void aTextLongerThanAJpegCommentComesBack(ImageFormat format) throws Exception {
    String text = "{\"class_name\":\"" + "ü".repeat(100_000) + "\"}";
    byte[] file = ImageMetadata.write(image(format), format, text);

    assertThat(ImageMetadata.read(file)).contains(text);
    assertThat(pixels(file)).isEqualTo(pixels(image(format)));
  }

  @ParameterizedTest
  @EnumSource(ImageFormat.class)
  void aFileWithoutOurTextHasNone(ImageFormat format) {
    assertThat(ImageMetadata.read(image(format))).isEmpty();
  }

  @ParameterizedTest
  @EnumSource(ImageFormat.class)
  void aFileThatIsCutAnywhereIsNoError(ImageFormat format) {
    byte[] file = ImageMetadata.write(image(format), format, TEXT);

    for (int length = 0; length < file.length; length++) {
      assertThat(ImageMetadata.read(Arrays.copyOf(file, length))).isIn(read(file), empty());
    }
  }

  @Test
  void whatIsNoImageHasNoFormat() {
    assertThat(ImageMetadata.formatOf("GIF89a and more bytes than a header".getBytes())).isEmpty();
    assertThat(ImageMetadata.read(new byte[0])).isEmpty();
  }

  private static Optional<String> read(byte[] file) {
    return ImageMetadata.read(file);
  }

  private static Optional<String> empty() {
    return Optional.empty();
  }

  private static byte[] image(ImageFormat format) {
    BufferedImage image = new BufferedImage(24, 16, BufferedImage.TYPE_INT_RGB);
    for (int i = 0; i < 24 * 16; i++) {
      image.setRGB(i % 24, i / 24, 0x10101 * (i % 256));
    }
    return new ImageEncoder(format, 90).encode(image);
  }

  private static int[] pixels(byte[] file) throws Exception {
    BufferedImage image = ImageIO.read(new ByteArrayInputStream(file));
    return image.getRGB(0, 0, image.getWidth(), image.getHeight(), null, 0, image.getWidth());
  }
}
