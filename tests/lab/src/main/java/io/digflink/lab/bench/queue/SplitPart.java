package io.digflink.lab.bench.queue;

import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.flink.configuration.Configuration;

/** One request on some subtasks: seconds, and whether the images are the same to the byte. */
final class SplitPart {
  private static final int[] SUBTASKS = {1, 2, 4};
  private static final int STEPS = 10;
  private static final String ID = "split";

  /**
   * On some subtasks.
   *
   * @param seconds from the request's admission to its last image
   * @param differing images with another SHA-256 than on one subtask
   */
  record Row(int subtasks, double seconds, int differing) {}

  record Figures(int images, int cores, List<Row> rows) implements Findings {
    @Override
    public String table() {
      StringBuilder table = new StringBuilder();
      table.append(
          String.format(
              Locale.ROOT,
              "One request of %,d images of %d steps, %d cores, a thread per subtask's run%n%n"
                  + "| subtasks | seconds | of one subtask's | images with other bytes |%n"
                  + "|---:|---:|---:|---:|%n",
              images,
              STEPS,
              cores));
      for (Row row : rows) {
        table.append(
            String.format(
                Locale.ROOT,
                "| %d | %.1f | %.2f | %d of %d |%n",
                row.subtasks(),
                row.seconds(),
                row.seconds() / rows.get(0).seconds(),
                row.differing(),
                images));
      }
      table.append(
          String.format(
              "%nSeconds from the request's admission to its last image's file; bytes by the"
                  + " SHA-256 of each index.%n"));
      return table.toString();
    }
  }

  private SplitPart() {}

  static Figures measure(Scale scale, PrintWriter out) throws Exception {
    List<Row> rows = new ArrayList<>();
    Map<Integer, String> first = Map.of();
    for (int subtasks : SUBTASKS) {
      out.println("split: on " + subtasks + " subtasks");
      out.flush();
      try (QueueJob job =
          QueueJob.start(scale.models(), scale.bundle(), subtasks, new Configuration())) {
        job.send(job.request(ID, scale.splitImages(), STEPS));
        job.awaitEnds(Set.of(ID));
        List<Made> made =
            job.images().stream().filter(image -> image.requestId().equals(ID)).toList();
        Map<Integer, String> digests = digests(made, scale.splitImages());
        first = first.isEmpty() ? digests : first;
        rows.add(new Row(subtasks, seconds(made), differing(first, digests)));
      }
    }
    return new Figures(scale.splitImages(), Runtime.getRuntime().availableProcessors(), rows);
  }

  private static Map<Integer, String> digests(List<Made> made, int expected) throws IOException {
    Map<Integer, String> digests =
        made.stream().collect(Collectors.toMap(Made::index, Made::sha256));
    if (digests.size() != expected) {
      throw new IOException("Expected " + expected + " images, found " + digests.size());
    }
    return digests;
  }

  private static double seconds(List<Made> made) {
    long from = made.stream().mapToLong(Made::admittedAt).min().orElseThrow();
    long to = made.stream().mapToLong(Made::encodedAt).max().orElseThrow();
    return (to - from) / 1e3;
  }

  private static int differing(Map<Integer, String> first, Map<Integer, String> other) {
    return (int)
        first.entrySet().stream()
            .filter(entry -> !entry.getValue().equals(other.get(entry.getKey())))
            .count();
  }
}
