package io.digflink.runtime.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.image.BufferedImage;
import org.junit.jupiter.api.Test;

class ContactSheetTest {
  private static final int RED = 0xFFFF0000;
  private static final int BLACK = 0xFF000000;
  private static final int WHITE = 0xFFFFFFFF;

  @Test
  void scalesEachImageIntoItsCellOverItsLabel() {
    ContactSheet sheet = new ContactSheet(2, 32);
    for (String label : new String[] {"Bag", "", "Coat"}) {
      sheet.add(red(16), label);
    }
    BufferedImage drawn = sheet.draw();

    assertThat(drawn.getWidth()).isEqualTo(8 + 2 * 40);
    assertThat(drawn.getHeight()).isEqualTo(8 + 2 * 56);
    assertThat(count(drawn, RED, 8, 8, 32, 32)).isEqualTo(32 * 32);
    assertThat(count(drawn, RED, 8, 64, 32, 32)).isEqualTo(32 * 32);
    assertThat(count(drawn, WHITE, 48, 64, 32, 32)).as("no fourth image").isEqualTo(32 * 32);
    assertThat(count(drawn, BLACK, 8, 40, 32, 16)).as("Bag").isGreaterThan(20);
    assertThat(count(drawn, BLACK, 15, 40, 17, 16))
        .as("17 pixels of Bag in the middle of 32")
        .isEqualTo(count(drawn, BLACK, 8, 40, 32, 16));
    assertThat(count(drawn, BLACK, 48, 40, 32, 16)).as("no label").isZero();
  }

  @Test
  void cutsALabelThatIsWiderThanItsCell() {
    ContactSheet sheet = new ContactSheet(2, 32);
    sheet.add(red(32), "a label of many characters");
    sheet.add(red(32), "");

    assertThat(count(sheet.draw(), BLACK, 48, 40, 40, 16)).isZero();
    assertThat(PixelFont.fit("abcdef", 17)).isEqualTo("abc");
    assertThat(PixelFont.fit("abc", 17)).isEqualTo("abc");
  }

  @Test
  void drawsEveryPrintableCharacterDifferently() {
    StringBuilder seen = new StringBuilder();
    for (char c = '!'; c <= '~'; c++) {
      BufferedImage glyph = new BufferedImage(5, 7, BufferedImage.TYPE_INT_RGB);
      PixelFont.draw(glyph.createGraphics(), String.valueOf(c), 0, 0);
      StringBuilder pixels = new StringBuilder();
      for (int e = 0; e < 35; e++) {
        pixels.append(glyph.getRGB(e % 5, e / 5) == BLACK ? ' ' : '#');
      }
      assertThat(pixels).contains("#");
      assertThat(seen.toString()).as("glyph of %s", c).doesNotContain("|" + pixels + "|");
      seen.append('|').append(pixels).append('|');
    }
  }

  @Test
  void refusesASheetWithoutColumns() {
    assertThatThrownBy(() -> new ContactSheet(0, 32))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("Expected a sheet of 1 column and 1 pixel or more, found 0 and 32");
  }

  private static BufferedImage red(int side) {
    BufferedImage image = new BufferedImage(side, side, BufferedImage.TYPE_INT_RGB);
    for (int e = 0; e < side * side; e++) {
      image.setRGB(e % side, e / side, RED);
    }
    return image;
  }

  private static int count(BufferedImage image, int colour, int x, int y, int width, int height) {
    int found = 0;
    for (int e = 0; e < width * height; e++) {
      found += image.getRGB(x + e % width, y + e / width) == colour ? 1 : 0;
    }
    return found;
  }
}
