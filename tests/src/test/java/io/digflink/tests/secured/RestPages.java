package io.digflink.tests.secured;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import org.apache.flink.api.common.JobID;

/** What the dashboard shows of a job and its cluster. */
final class RestPages {
  private final HttpClient http = HttpClient.newHttpClient();
  private final JsonMapper mapper = new JsonMapper();
  private final URI dashboard;

  RestPages(URI dashboard) {
    this.dashboard = dashboard;
  }

  /** The pages of a job where settings could show, one after another. */
  String of(JobID job) throws IOException, InterruptedException {
    String jobPath = "/jobs/" + job;
    StringBuilder pages = new StringBuilder();
    for (String path :
        new String[] {
          "/config",
          "/jobmanager/config",
          "/jobmanager/environment",
          "/jobs/overview",
          jobPath,
          jobPath + "/config",
          jobPath + "/plan",
          jobPath + "/jobmanager/config",
          jobPath + "/jobmanager/environment",
          jobPath + "/exceptions?maxExceptions=20",
          jobPath + "/checkpoints",
          jobPath + "/checkpoints/config",
          jobPath + "/accumulators?includeSerializedValue=true"
        }) {
      pages.append(get(path));
    }
    for (JsonNode vertex : mapper.readTree(get(jobPath)).path("vertices")) {
      String vertexPath = jobPath + "/vertices/" + vertex.path("id").asText();
      pages.append(get(vertexPath)).append(get(vertexPath + "/accumulators"));
    }
    return pages.toString();
  }

  private String get(String path) throws IOException, InterruptedException {
    HttpResponse<String> response =
        http.send(HttpRequest.newBuilder(dashboard.resolve(path)).build(), BodyHandlers.ofString());
    assertThat(response.statusCode()).describedAs(path + ": " + response.body()).isEqualTo(200);
    return response.body() + "\n";
  }
}
