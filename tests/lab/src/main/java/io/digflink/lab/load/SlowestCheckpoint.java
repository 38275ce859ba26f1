package io.digflink.lab.load;

import com.fasterxml.jackson.databind.JsonNode;
import io.digflink.lab.faults.RunningJob;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Looks at a job's checkpoints, and keeps where the slowest of them spent its time. */
final class SlowestCheckpoint {
  private final RunningJob job;
  private long lastSeen;
  private long millis;
  private List<String> parts = List.of();

  SlowestCheckpoint(RunningJob job) {
    this.job = job;
  }

  /** Takes notice of the checkpoints that were completed since the last look. */
  void look(JsonNode checkpoints) throws IOException, InterruptedException {
    long newest = lastSeen;
    for (JsonNode checkpoint : checkpoints.path("history")) {
      long id = checkpoint.path("id").asLong();
      if (id <= lastSeen || !checkpoint.path("status").asText().equals("COMPLETED")) {
        continue;
      }
      newest = Math.max(newest, id);
      long duration = checkpoint.path("end_to_end_duration").asLong();
      if (duration > millis) {
        millis = duration;
        parts = parts(id);
      }
    }
    lastSeen = newest;
  }

  /** One line for each task: of its subtasks the longest. */
  List<String> parts() {
    return parts;
  }

  private List<String> parts(long checkpoint) throws IOException, InterruptedException {
    List<String> lines = new ArrayList<>();
    for (JsonNode vertex : job.vertices()) {
      JsonNode summary = job.checkpoint(checkpoint, vertex.path("id").asText()).path("summary");
      lines.add(
          String.format(
              Locale.ROOT,
              "%d ms to the end of %s: before the barrier %d, aligning %d, at once %d, beside %d",
              summary.path("end_to_end_duration").path("max").asLong(),
              shortName(vertex.path("name").asText()),
              summary.path("start_delay").path("max").asLong(),
              summary.path("alignment").path("duration").path("max").asLong(),
              summary.path("checkpoint_duration").path("sync").path("max").asLong(),
              summary.path("checkpoint_duration").path("async").path("max").asLong()));
    }
    return lines;
  }

  private static String shortName(String vertex) {
    return vertex.replaceFirst(" -> .*", "").replaceFirst("^Source: ", "");
  }
}
