package io.digflink.lab.bench;

import java.awt.Color;
import java.awt.Graphics2D;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/** Latencies as horizontal bars on a logarithmic scale, one a row of the table. */
final class LatencyPlot {
  private static final int LABELS = 190;
  private static final int BARS = 600;
  private static final int NUMBERS = 90;
  private static final int ROW = 22;
  private static final int TITLE = 30;

  private LatencyPlot() {}

  static void write(List<DenoiserFigures> figures, Path file) throws IOException {
    Drawing.write(
        file,
        LABELS + BARS + NUMBERS,
        TITLE + ROW * figures.size(),
        graphics -> draw(figures, graphics));
  }

  private static void draw(List<DenoiserFigures> figures, Graphics2D graphics) {
    graphics.setColor(Color.BLACK);
    graphics.drawString("Milliseconds of one run, logarithmic", LABELS, TITLE - ROW / 2);
    double shortest = figures.stream().mapToDouble(DenoiserFigures::milliseconds).min().orElse(1);
    double longest = figures.stream().mapToDouble(DenoiserFigures::milliseconds).max().orElse(1);
    double origin = Math.log(shortest / 2);
    double span = Math.log(longest) - origin;
    for (int i = 0; i < figures.size(); i++) {
      DenoiserFigures figure = figures.get(i);
      int y = TITLE + i * ROW;
      int length = (int) (BARS * (Math.log(figure.milliseconds()) - origin) / span);
      graphics.setColor(figure.model().startsWith("DiG") ? new Color(0x1b7f5c) : Color.GRAY);
      graphics.fillRect(LABELS, y, length, ROW - 6);
      graphics.setColor(Color.BLACK);
      graphics.drawString(
          figure.model() + " " + figure.size() + "² B=" + figure.batch(), 6, y + ROW - 9);
      graphics.drawString(
          String.format(Locale.ROOT, "%.2f", figure.milliseconds()),
          LABELS + length + 6,
          y + ROW - 9);
    }
  }
}
