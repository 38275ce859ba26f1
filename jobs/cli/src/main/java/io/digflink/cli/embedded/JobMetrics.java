package io.digflink.cli.embedded;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.api.common.JobID;

/** Reads a job's metrics as the dashboard does. */
public final class JobMetrics {
  private static final int MOST_TRIES = 20;
  private static final long PAUSE_MILLIS = 250;

  private final HttpClient http = HttpClient.newHttpClient();
  private final JsonMapper mapper = new JsonMapper();
  private final URI dashboard;

  public JobMetrics(URI dashboard) {
    this.dashboard = dashboard;
  }

  /**
   * Mean of a histogram over all subtasks.
   *
   * @param metric operator and name, such as {@code Denoise.rowsPerBatch}
   * @return NaN where the job has no such metric
   */
  public double mean(JobID job, String metric) throws IOException, InterruptedException {
    List<Double> values = values(job, metric + "_mean");
    // The first question only makes the dashboard fetch them.
    for (int tries = 1; values.isEmpty() && tries < MOST_TRIES; tries++) {
      Thread.sleep(PAUSE_MILLIS);
      values = values(job, metric + "_mean");
    }
    return values.stream().mapToDouble(Double::doubleValue).average().orElse(Double.NaN);
  }

  /** Values of a metric, one a subtask; none where the job has no such metric. */
  public List<Double> values(JobID job, String metric) throws IOException, InterruptedException {
    List<Double> values = new ArrayList<>();
    for (JsonNode vertex : get("/jobs/" + job).path("vertices")) {
      String path = "/jobs/" + job + "/vertices/" + vertex.path("id").asText() + "/metrics";
      for (JsonNode known : get(path)) {
        String id = known.path("id").asText();
        if (id.matches("\\d+\\." + metric.replace(".", "\\."))) {
          for (JsonNode value : get(path + "?get=" + id)) {
            values.add(value.path("value").asDouble());
          }
        }
      }
    }
    return values;
  }

  private JsonNode get(String path) throws IOException, InterruptedException {
    return mapper.readTree(
        http.send(HttpRequest.newBuilder(dashboard.resolve(path)).build(), BodyHandlers.ofString())
            .body());
  }
}
