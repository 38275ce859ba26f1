package io.digflink.synthesis.dataset;

import io.digflink.runtime.image.ImageEncoder;
import io.digflink.runtime.image.ImageFormat;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;
import javax.imageio.stream.MemoryCacheImageInputStream;

/** Image files side by side in one picture, row by row. */
final class ContactSheet {
  private static final int COLUMNS = 10;
  private static final int LARGEST_SIDE = 128;
  private static final int GAP = 2;

  private ContactSheet() {}

  /** A PNG of the images of some files, at least one; large images are scaled down. */
  static byte[] png(List<Path> files) throws IOException {
    BufferedImage first = read(files.get(0));
    double scale =
        Math.min(1, LARGEST_SIDE / (double) Math.max(first.getWidth(), first.getHeight()));
    int width = Math.max(1, (int) (first.getWidth() * scale));
    int height = Math.max(1, (int) (first.getHeight() * scale));
    int columns = Math.min(COLUMNS, files.size());
    int rows = (files.size() + COLUMNS - 1) / COLUMNS;
    BufferedImage sheet =
        new BufferedImage(
            columns * (width + GAP) - GAP, rows * (height + GAP) - GAP, BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = sheet.createGraphics();
    for (int i = 0; i < files.size(); i++) {
      int x = i % COLUMNS * (width + GAP);
      int y = i / COLUMNS * (height + GAP);
      graphics.drawImage(read(files.get(i)), x, y, width, height, null);
    }
    graphics.dispose();
    return new ImageEncoder(ImageFormat.PNG, ImageEncoder.DEFAULT_QUALITY).encode(sheet);
  }

  private static BufferedImage read(Path file) throws IOException {
    return ImageIO.read(
        new MemoryCacheImageInputStream(new ByteArrayInputStream(Files.readAllBytes(file))));
  }
}
