package io.digflink.lab.load;

import io.digflink.lab.faults.Verdict;
import java.util.List;
import java.util.Locale;

/**
 * What a soak came to.
 *
 * @param capacity requests a second that the job serves when always some are under way
 * @param offered requests a second that were sent
 * @param answered requests answered at the end
 * @param verdict of all; what is lost of it was not served yet
 * @param restarts of the job
 * @param failures that it was restarted for
 * @param checkpoints complete
 * @param checkpointsFailed none should have; those due before all tasks ran, which Flink counts
 *     too, are left out
 * @param checkpointP99Millis 99th percentile of their duration
 * @param slowestCheckpoint where the slowest of them spent its time
 * @param mostWaiting requests that a subtask held without a place in flight, at most
 * @param beforeFirst median seconds before admission in the second minute
 * @param beforeLast the same in the last minute
 * @param afterFirst median seconds after admission in the second minute
 * @param afterLast the same in the last minute
 * @param memory of each process over the last minutes
 */
record SoakFigures(
    double minutes,
    double capacity,
    double offered,
    int answered,
    Verdict verdict,
    long restarts,
    List<String> failures,
    long checkpoints,
    long checkpointsFailed,
    double checkpointP99Millis,
    List<String> slowestCheckpoint,
    double mostWaiting,
    double beforeFirst,
    double beforeLast,
    double afterFirst,
    double afterLast,
    List<ResidentMemory.Span> memory) {

  String text() {
    StringBuilder text = new StringBuilder();
    row(text, "minutes", "%.1f", minutes);
    row(text, "capacity", "%.2f requests/s", capacity);
    row(text, "offered", "%.2f requests/s", offered);
    row(text, "requests sent, answered", "%,d, %,d", verdict.requests(), answered);
    row(
        text,
        "twice, differing",
        "%d, %d",
        verdict.twice() + verdict.unasked(),
        verdict.differing());
    row(text, "restarts", "%d", restarts);
    failures.forEach(failure -> row(text, "  because of", "%s", failure));
    row(text, "checkpoints, failed", "%d, %d", checkpoints, checkpointsFailed);
    row(text, "checkpoint duration p99", "%.0f ms", checkpointP99Millis);
    slowestCheckpoint.forEach(part -> row(text, "  the slowest", "%s", part));
    row(text, "requests waiting in a subtask", "%.0f at most", mostWaiting);
    row(text, "before admission, median", "%.1f s, at the end %.1f s", beforeFirst, beforeLast);
    row(text, "after admission, median", "%.1f s, at the end %.1f s", afterFirst, afterLast);
    for (ResidentMemory.Span span : memory) {
      row(
          text,
          "resident, " + span.process(),
          "%.0f to %.0f MiB, last %.0f (spread %.1f%%)",
          span.leastMib(),
          span.mostMib(),
          span.lastMib(),
          100 * span.spread());
    }
    return text.toString();
  }

  private static void row(StringBuilder text, String name, String format, Object... values) {
    text.append(String.format(Locale.ROOT, "%-32s" + format + "%n", prepend(name, values)));
  }

  private static Object[] prepend(String name, Object[] values) {
    Object[] all = new Object[values.length + 1];
    all[0] = name;
    System.arraycopy(values, 0, all, 1, values.length);
    return all;
  }
}
