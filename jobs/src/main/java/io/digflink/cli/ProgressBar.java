package io.digflink.cli;

import java.io.PrintWriter;
import java.util.Locale;

/** Images done so far and images a second, on one line of a terminal or a line each tenth. */
final class ProgressBar {
  private static final int WIDTH = 30;

  private final PrintWriter out;
  private final int total;
  private final boolean terminal = System.console() != null;
  private final long start = System.nanoTime();
  private int done;

  ProgressBar(PrintWriter out, int total) {
    this.out = out;
    this.total = total;
  }

  /** Counts one image. */
  void step() {
    done++;
    boolean tenth = done * 10 / total > (done - 1) * 10 / total;
    if (!terminal && !tenth) {
      return;
    }
    int filled = WIDTH * done / total;
    String line =
        String.format(
            Locale.ROOT,
            "[%s%s] %d/%d images, %.1f images/s",
            "#".repeat(filled),
            " ".repeat(WIDTH - filled),
            done,
            total,
            done / seconds());
    out.print(terminal ? "\r" + line : line + System.lineSeparator());
    if (terminal && done == total) {
      out.println();
    }
    out.flush();
  }

  /** Seconds since the start. */
  double seconds() {
    return (System.nanoTime() - start) / 1e9;
  }
}
