package io.digflink.lab.bench.quality;

import io.digflink.lab.bench.Drawing;
import java.awt.Color;
import java.awt.Graphics2D;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Rows per image against Fréchet distance, both logarithmic, a line for each family of settings.
 */
final class QualityPlot {
  private static final int WIDTH = 560;
  private static final int HEIGHT = 420;
  private static final int MARGIN = 60;
  private static final int LEGEND = 300;
  private static final int LINE = 18;
  private static final int DOT = 7;
  private static final double[] TICKS = {1, 2, 3, 5, 8, 12, 20, 30, 40, 60, 100, 200, 500};

  private final Graphics2D graphics;
  private final Axis rows;
  private final Axis distances;

  /** A logarithmic axis over some values, in pixels from its origin. */
  private record Axis(double least, double greatest, int length) {
    static Axis over(List<Double> values, int length) {
      double least = values.stream().min(Comparator.naturalOrder()).orElse(1.0);
      double greatest = values.stream().max(Comparator.naturalOrder()).orElse(1.0);
      return new Axis(least / 1.2, greatest * 1.2, length);
    }

    int at(double value) {
      return (int) Math.round(length * Math.log(value / least) / Math.log(greatest / least));
    }

    boolean holds(double value) {
      return least <= value && value <= greatest;
    }
  }

  private QualityPlot(Graphics2D graphics, List<Quality> figures) {
    this.graphics = graphics;
    this.rows = Axis.over(figures.stream().map(Quality::rowsPerImage).toList(), WIDTH);
    this.distances = Axis.over(figures.stream().map(Quality::frechet).toList(), HEIGHT);
  }

  static void write(List<Quality> figures, Path file) throws IOException {
    Drawing.write(
        file,
        WIDTH + 2 * MARGIN + LEGEND,
        HEIGHT + 2 * MARGIN,
        graphics -> {
          QualityPlot plot = new QualityPlot(graphics, figures);
          plot.axes();
          plot.lines(figures);
        });
  }

  private int x(double value) {
    return MARGIN + rows.at(value);
  }

  private int y(double value) {
    return MARGIN + HEIGHT - distances.at(value);
  }

  private void axes() {
    for (double tick : TICKS) {
      String label = String.format(Locale.ROOT, "%.0f", tick);
      graphics.setColor(Color.LIGHT_GRAY);
      if (rows.holds(tick)) {
        graphics.drawLine(x(tick), MARGIN, x(tick), MARGIN + HEIGHT);
        graphics.setColor(Color.BLACK);
        graphics.drawString(label, x(tick) - 6, MARGIN + HEIGHT + LINE);
      }
      graphics.setColor(Color.LIGHT_GRAY);
      if (distances.holds(tick)) {
        graphics.drawLine(MARGIN, y(tick), MARGIN + WIDTH, y(tick));
        graphics.setColor(Color.BLACK);
        graphics.drawString(label, MARGIN - 3 * DOT, y(tick) + DOT / 2);
      }
    }
    graphics.setColor(Color.BLACK);
    graphics.drawRect(MARGIN, MARGIN, WIDTH, HEIGHT);
    graphics.drawString("Model rows per image", MARGIN + WIDTH / 2 - MARGIN, MARGIN + HEIGHT + 40);
    graphics.drawString("Fréchet distance to the test images", MARGIN, MARGIN - LINE);
  }

  private void lines(List<Quality> figures) {
    Map<String, List<Quality>> families = new LinkedHashMap<>();
    for (Quality figure : figures) {
      families.computeIfAbsent(figure.family(), name -> new ArrayList<>()).add(figure);
    }
    int family = 0;
    for (Map.Entry<String, List<Quality>> line : families.entrySet()) {
      graphics.setColor(Color.getHSBColor(family / (float) families.size(), 0.9f, 0.75f));
      List<Quality> points = new ArrayList<>(line.getValue());
      points.sort(Comparator.comparingDouble(Quality::rowsPerImage));
      for (int i = 0; i < points.size(); i++) {
        int x = x(points.get(i).rowsPerImage());
        int y = y(points.get(i).frechet());
        graphics.fillOval(x - DOT / 2, y - DOT / 2, DOT, DOT);
        if (i > 0) {
          graphics.drawLine(
              x(points.get(i - 1).rowsPerImage()), y(points.get(i - 1).frechet()), x, y);
        }
      }
      int top = MARGIN + LINE * family;
      graphics.fillRect(MARGIN + WIDTH + LINE, top, DOT, DOT);
      graphics.drawString(line.getKey(), MARGIN + WIDTH + 2 * LINE, top + DOT);
      family++;
    }
  }
}
