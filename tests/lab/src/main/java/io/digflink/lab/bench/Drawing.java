package io.digflink.lab.bench;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.function.Consumer;
import javax.imageio.ImageIO;

/** Drawings on white, as PNG. */
public final class Drawing {
  private Drawing() {}

  /** Writes what is drawn, smoothed, on white of so many pixels. */
  public static void write(Path file, int width, int height, Consumer<Graphics2D> drawing)
      throws IOException {
    BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = image.createGraphics();
    graphics.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
    graphics.setColor(Color.WHITE);
    graphics.fillRect(0, 0, width, height);
    drawing.accept(graphics);
    graphics.dispose();
    ImageIO.write(image, "png", file.toFile());
  }
}
