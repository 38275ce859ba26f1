package io.digflink.k8s.monitoring;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.digflink.tools.Tool;
import java.io.IOException;
import java.net.ConnectException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** This machine's Prometheus, which scrapes one target every second. */
final class PrometheusServer implements AutoCloseable {
  private static final int STARTING = 503;

  private final Process process;
  private final URI address;
  private final HttpClient client = HttpClient.newHttpClient();

  private PrometheusServer(Process process, URI address) {
    this.process = process;
    this.address = address;
  }

  /** Starts it on a port of its own; skips the test where this machine has no Prometheus. */
  static PrometheusServer start(Path directory, int targetPort) throws IOException {
    String program = Tool.require("prometheus");
    Path configuration = directory.resolve("prometheus.yml");
    Files.writeString(
        configuration,
        """
        global: {scrape_interval: 1s, scrape_timeout: 1s}
        scrape_configs:
          - job_name: flink
            static_configs: [{targets: ["localhost:%d"]}]
        """
            .formatted(targetPort));
    int port;
    try (ServerSocket free = new ServerSocket(0)) {
      port = free.getLocalPort();
    }
    Process process =
        new ProcessBuilder(
                List.of(
                    program,
                    "--config.file=" + configuration,
                    "--storage.tsdb.path="
                        + Files.createTempDirectory(directory, "prometheus-data"),
                    "--web.listen-address=localhost:" + port))
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("prometheus.log").toFile())
            .start();
    return new PrometheusServer(process, URI.create("http://localhost:" + port));
  }

  /** The state of its target: health, and the last error if there was one. */
  String target() throws IOException, InterruptedException {
    return ask("/api/v1/targets").at("/data/activeTargets").toString();
  }

  /**
   * Evaluates an expression now.
   *
   * @return the samples; empty if there are none
   * @throws IllegalArgumentException if the server refuses the expression
   */
  JsonNode evaluate(String expression) throws IOException, InterruptedException {
    JsonNode answer =
        ask("/api/v1/query?query=" + URLEncoder.encode(expression, StandardCharsets.UTF_8));
    if (answer.path("status").asText().equals("error")) {
      throw new IllegalArgumentException(expression + ": " + answer.path("error").asText());
    }
    return answer.at("/data/result");
  }

  private JsonNode ask(String path) throws IOException, InterruptedException {
    HttpRequest request = HttpRequest.newBuilder(address.resolve(path)).build();
    HttpResponse<String> response = client.send(request, BodyHandlers.ofString());
    if (response.statusCode() == STARTING) {
      throw new ConnectException("Prometheus is starting: " + response.body());
    }
    return new JsonMapper().readTree(response.body());
  }

  @Override
  public void close() {
    process.destroy();
    process.onExit().join();
  }
}
