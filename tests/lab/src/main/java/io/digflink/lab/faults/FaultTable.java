package io.digflink.lab.faults;

import java.util.List;
import java.util.Locale;

/** Figures as a table in Markdown. */
final class FaultTable {
  private static final String HEAD =
      "| fault | times | in flight, least | requests | images | rejects | lost | twice | differing"
          + " | large | repeats | conflicts | cancelled, their images | after CANCELLED, wrong ends"
          + " | recovery p50 | max | steps redone | runs failed | out of memory | written again |\n"
          + "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|"
          + "---:|---:|";

  private FaultTable() {}

  static String of(List<FaultFigures> all) {
    StringBuilder table = new StringBuilder(HEAD);
    for (FaultFigures figures : all) {
      table.append('\n').append(row(figures));
    }
    return table.toString();
  }

  static String row(FaultFigures f) {
    Verdict v = f.verdict();
    return String.format(
        Locale.ROOT,
        "| %s | %d | %s | %d | %d | %d | %d | %d | %d | %s | %s | %s | %s | %d | %d | %d |",
        f.fault(),
        f.times(),
        f.times() == 0 || f.fewestInFlight() == FaultFigures.UNKNOWN ? "" : f.fewestInFlight(),
        v.requests(),
        v.images(),
        v.invalid(),
        v.lost(),
        v.twice() + v.unasked(),
        v.differing(),
        mix(v.mix()),
        seconds(f.recoveryMedian()),
        seconds(f.recoveryMax()),
        f.stepsNeeded() == 0 ? "" : f.stepsRedone() + " of " + f.stepsNeeded(),
        f.failedRuns(),
        f.outOfMemory(),
        f.rewritten());
  }

  private static String mix(Mix mix) {
    if (mix.equals(Mix.NONE)) {
      return " | | | | ";
    }
    return String.format(
        Locale.ROOT,
        "%d | %d | %d | %d, %d | %d, %d",
        mix.large(),
        mix.repeats(),
        mix.conflicts(),
        mix.cancelled(),
        mix.madeOfCancelled(),
        mix.afterCancelled(),
        mix.wrongEnds());
  }

  private static String seconds(double seconds) {
    return Double.isNaN(seconds) ? "" : String.format(Locale.ROOT, "%.1f s", seconds);
  }
}
