package io.digflink.cli;

import java.io.PrintWriter;
import java.util.Locale;

/** What is done so far and how fast it goes, on one line of a terminal or a line each tenth. */
public final class ProgressBar {
  private static final int WIDTH = 30;

  // Wipes what a longer line before has left.
  private static final String TO_LINE_END = "\033[K";

  private final PrintWriter out;
  private final int total;
  private final String unit;
  private final boolean terminal = System.console() != null;
  private final long start = System.nanoTime();
  private int done;

  /**
   * A bar at nothing.
   *
   * @param total how many there are to do
   * @param unit what they are, in the plural
   */
  public ProgressBar(PrintWriter out, int total, String unit) {
    this.out = out;
    this.total = total;
    this.unit = unit;
  }

  /** Counts one and shows how many a second are done. */
  public void step() {
    step(String.format(Locale.ROOT, "%.1f %s/s", (done + 1) / seconds(), unit));
  }

  /** Counts one and shows a note with it. */
  public void step(String note) {
    done++;
    boolean tenth = done * 10 / total > (done - 1) * 10 / total;
    if (!terminal && !tenth) {
      return;
    }
    int filled = WIDTH * done / total;
    String line =
        String.format(
            "[%s%s] %d/%d %s, %s",
            "#".repeat(filled), " ".repeat(WIDTH - filled), done, total, unit, note);
    out.print(terminal ? "\r" + line + TO_LINE_END : line + System.lineSeparator());
    if (terminal && done == total) {
      out.println();
    }
    out.flush();
  }

  /** Seconds since the start. */
  public double seconds() {
    return (System.nanoTime() - start) / 1e9;
  }
}
