package io.digflink.runtime.image;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.List;

/** Many small images on one, each over its label in the middle. */
public final class ContactSheet {
  private static final int MARGIN = 8;
  private static final int LABEL_HEIGHT = 16;

  private final int columns;
  private final int cell;
  private final List<Entry> entries = new ArrayList<>();

  private record Entry(BufferedImage image, String label) {}

  /**
   * An empty sheet.
   *
   * @param columns images in a row
   * @param cell side of the square that an image is scaled to fit, in pixels
   */
  public ContactSheet(int columns, int cell) {
    if (columns < 1 || cell < 1) {
      throw new IllegalArgumentException(
          "Expected a sheet of 1 column and 1 pixel or more, found " + columns + " and " + cell);
    }
    this.columns = columns;
    this.cell = cell;
  }

  /** Appends an image. */
  public void add(BufferedImage image, String label) {
    entries.add(new Entry(image, label));
  }

  /** Draws the sheet. */
  public BufferedImage draw() {
    int rows = Math.max(1, (entries.size() + columns - 1) / columns);
    int width = MARGIN + columns * (cell + MARGIN);
    int height = MARGIN + rows * (cell + LABEL_HEIGHT + MARGIN);
    BufferedImage sheet = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = sheet.createGraphics();
    graphics.setColor(Color.WHITE);
    graphics.fillRect(0, 0, width, height);
    graphics.setColor(Color.BLACK);
    graphics.setRenderingHint(
        RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_NEAREST_NEIGHBOR);
    for (int i = 0; i < entries.size(); i++) {
      int x = MARGIN + i % columns * (cell + MARGIN);
      int y = MARGIN + i / columns * (cell + LABEL_HEIGHT + MARGIN);
      draw(graphics, entries.get(i), x, y);
    }
    graphics.dispose();
    return sheet;
  }

  private void draw(Graphics2D graphics, Entry entry, int x, int y) {
    BufferedImage image = entry.image();
    double scale = Math.min(cell / (double) image.getWidth(), cell / (double) image.getHeight());
    int width = Math.max(1, (int) (scale * image.getWidth()));
    int height = Math.max(1, (int) (scale * image.getHeight()));
    graphics.drawImage(image, x + (cell - width) / 2, y + (cell - height) / 2, width, height, null);
    String label = PixelFont.fit(entry.label(), cell + MARGIN);
    int labelX = x + (cell - PixelFont.width(label)) / 2;
    PixelFont.draw(graphics, label, labelX, y + cell + LABEL_HEIGHT - PixelFont.HEIGHT - 2);
  }
}
