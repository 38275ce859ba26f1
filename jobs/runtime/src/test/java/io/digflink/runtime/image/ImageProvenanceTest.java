package io.digflink.runtime.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import org.junit.jupiter.api.Test;

class ImageProvenanceTest {
  private static final ImageProvenance IMAGE = image(3, "tench, \"Tinca tinca\"", null);

  @Test
  void jsonComesBackAsItWasWritten() throws Exception {
    assertThat(ImageProvenance.parse(IMAGE.toJson())).isEqualTo(IMAGE);
  }

  @Test
  void anUnconditionalJpegComesBackAsItWasWritten() throws Exception {
    ImageProvenance jpeg = image(null, null, 85);

    assertThat(ImageProvenance.parse(jpeg.toJson())).isEqualTo(jpeg);
    assertThat(jpeg.toJson()).contains("\"label\":null").contains("\"jpeg_quality\":85");
  }

  @Test
  void theSeedIsTextSinceReadersRoundLargeIntegers() {
    assertThat(IMAGE.toJson()).contains("\"seed\":\"9007199254740993\"");
  }

  @Test
  void theProgramIsNamedWithItsVersion() {
    assertThat(ImageProvenance.PROGRAM).matches("dig-flink \\d+\\.\\d+\\.\\d+(-SNAPSHOT)?");
  }

  @Test
  void keysOfANewerVersionAreRefused() {
    String newer = IMAGE.toJson().replace("{", "{\"tiles\":4,");

    assertThatThrownBy(() -> ImageProvenance.parse(newer))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("tiles");
    assertThatThrownBy(() -> ImageProvenance.parse("null")).isInstanceOf(IOException.class);
  }

  private static ImageProvenance image(Integer label, String className, Integer quality) {
    return new ImageProvenance(
        "request 1",
        2,
        "model",
        "ab".repeat(32),
        label,
        className,
        9007199254740993L,
        "ddim",
        50,
        "uniform",
        0.5,
        1.5,
        "ALL",
        0.1,
        0.9,
        32,
        16,
        quality,
        ImageProvenance.PROGRAM);
  }
}
