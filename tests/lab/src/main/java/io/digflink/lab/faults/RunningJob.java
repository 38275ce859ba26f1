package io.digflink.lab.faults;

import static java.util.stream.Collectors.joining;

import com.fasterxml.jackson.databind.JsonNode;
import io.digflink.lab.cluster.FlinkRest;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A job on the cluster, through the cluster's REST endpoint. */
public final class RunningJob {
  private final FlinkRest rest;
  private final String id;
  private final String denoise;

  /** Finds out which of the job's vertices denoises. */
  public RunningJob(FlinkRest rest, String id) throws IOException, InterruptedException {
    this.rest = rest;
    this.id = id;
    String found = null;
    for (JsonNode vertex : vertices()) {
      if (vertex.path("name").asText().contains("Denoise")) {
        found = vertex.path("id").asText();
      }
    }
    if (found == null) {
      throw new IOException("Expected a vertex with Denoise in job " + id + ", found none");
    }
    this.denoise = found;
  }

  public String id() {
    return id;
  }

  /** Its state, such as RUNNING. */
  public String state() throws IOException, InterruptedException {
    return rest.get("/jobs/" + id).path("state").asText();
  }

  /** Sum of a metric over the subtasks that denoise; 0 while there are none. */
  public double sum(String metric) throws IOException, InterruptedException {
    return metric(metric).path("sum").asDouble();
  }

  /** The greatest value of a metric of a subtask that denoises; 0 while there are none. */
  public double max(String metric) throws IOException, InterruptedException {
    return metric(metric).path("max").asDouble();
  }

  private JsonNode metric(String name) throws IOException, InterruptedException {
    return rest.get("/jobs/" + id + "/vertices/" + denoise + "/subtasks/metrics?get=" + name)
        .path(0);
  }

  /** How often it was restarted. */
  public long restarts() throws IOException, InterruptedException {
    JsonNode answer = rest.get("/jobs/" + id + "/metrics?get=numRestarts");
    return answer.path(0).path("value").asLong();
  }

  /** Why it was restarted, the latest first: when, and the first lines of the exception. */
  public List<String> failures() throws IOException, InterruptedException {
    List<String> failures = new ArrayList<>();
    for (JsonNode failure :
        rest.get("/jobs/" + id + "/exceptions").at("/exceptionHistory/entries")) {
      failures.add(
          Instant.ofEpochMilli(failure.path("timestamp").asLong())
              + " "
              + failure.path("stacktrace").asText().lines().limit(2).collect(joining(" ")));
    }
    return failures;
  }

  /** Ids of the TaskManagers that denoise. */
  public List<String> taskManagers() throws IOException, InterruptedException {
    List<String> ids = new ArrayList<>();
    for (JsonNode subtask : rest.get("/jobs/" + id + "/vertices/" + denoise).path("subtasks")) {
      if (subtask.path("status").asText().equals("RUNNING")) {
        ids.add(subtask.path("taskmanager-id").asText());
      }
    }
    return ids;
  }

  /** What is known of its checkpoints. */
  public JsonNode checkpoints() throws IOException, InterruptedException {
    return rest.get("/jobs/" + id + "/checkpoints");
  }

  /** Its tasks. */
  public JsonNode vertices() throws IOException, InterruptedException {
    return rest.get("/jobs/" + id).path("vertices");
  }

  /** What is known of a checkpoint at one of its tasks. */
  public JsonNode checkpoint(long checkpoint, String vertex)
      throws IOException, InterruptedException {
    return rest.get("/jobs/" + id + "/checkpoints/details/" + checkpoint + "/subtasks/" + vertex);
  }

  /** When the latest complete checkpoint was begun, in milliseconds since the epoch; 0 for none. */
  public long latestCheckpoint() throws IOException, InterruptedException {
    return checkpoints().path("latest").path("completed").path("trigger_timestamp").asLong();
  }

  /** When it last went back to a checkpoint, in milliseconds since the epoch; 0 for never. */
  public long latestRestore() throws IOException, InterruptedException {
    return checkpoints().path("latest").path("restored").path("restore_timestamp").asLong();
  }

  /** Has it take a checkpoint now; returns before that is complete. */
  public void takeCheckpoint() throws IOException, InterruptedException {
    rest.post("/jobs/" + id + "/checkpoints", Map.of());
  }

  /** Stops it with a savepoint; returns where that is. */
  public String stop() throws IOException, InterruptedException {
    String trigger =
        rest.post("/jobs/" + id + "/stop", Map.of("drain", false)).path("request-id").asText();
    while (true) {
      JsonNode answer = rest.get("/jobs/" + id + "/savepoints/" + trigger);
      if (answer.path("status").path("id").asText().equals("COMPLETED")) {
        JsonNode location = answer.path("operation").path("location");
        if (location.isMissingNode()) {
          throw new IOException("Expected a savepoint of job " + id + ", found " + answer);
        }
        return location.asText();
      }
    }
  }

  /** Cancels it. */
  public void cancel() throws IOException, InterruptedException {
    rest.cancel(id);
  }
}
