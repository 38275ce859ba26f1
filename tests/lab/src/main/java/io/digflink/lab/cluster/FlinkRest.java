package io.digflink.lab.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;

/** What the harness asks of Flink's REST endpoint. */
public final class FlinkRest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final HttpClient http =
      HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build();
  private final JsonMapper mapper = new JsonMapper();
  private final URI address;

  public FlinkRest(URI address) {
    this.address = address;
  }

  /**
   * Uploads a jar.
   *
   * @return its id
   */
  public String upload(Path jar) throws IOException, InterruptedException {
    String boundary = "dig-flink-jar";
    byte[] head =
        ("--"
                + boundary
                + "\r\nContent-Disposition: form-data; name=\"jarfile\"; filename=\""
                + jar.getFileName()
                + "\"\r\nContent-Type: application/x-java-archive\r\n\r\n")
            .getBytes(StandardCharsets.UTF_8);
    byte[] tail = ("\r\n--" + boundary + "--\r\n").getBytes(StandardCharsets.UTF_8);
    HttpRequest.BodyPublisher body =
        BodyPublishers.ofInputStream(
            () ->
                new SequenceInputStream(
                    Collections.enumeration(
                        List.of(
                            new ByteArrayInputStream(head),
                            open(jar),
                            new ByteArrayInputStream(tail)))));
    HttpRequest request =
        request("/jars/upload")
            .header("Content-Type", "multipart/form-data; boundary=" + boundary)
            .POST(body)
            .build();
    String file = answer(request).path("filename").asText();
    return file.substring(file.lastIndexOf('/') + 1);
  }

  private static InputStream open(Path file) {
    try {
      return Files.newInputStream(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Runs a jar's main class.
   *
   * @param body what the endpoint takes, such as {@code programArgsList} and {@code parallelism}
   * @return the job's id
   */
  public String run(String jar, Map<String, Object> body) throws IOException, InterruptedException {
    return post("/jars/" + jar + "/run", body).path("jobid").asText();
  }

  /** Sends a body; returns the answer. */
  public JsonNode post(String path, Map<String, Object> body)
      throws IOException, InterruptedException {
    return answer(
        request(path)
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofByteArray(mapper.writeValueAsBytes(body)))
            .build());
  }

  /** Cancels a job. */
  public void cancel(String job) throws IOException, InterruptedException {
    answer(
        request("/jobs/" + job + "?mode=cancel").method("PATCH", BodyPublishers.noBody()).build());
  }

  /** What the endpoint says. */
  public JsonNode get(String path) throws IOException, InterruptedException {
    return answer(request(path).GET().build());
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(address.resolve(path)).timeout(PATIENCE);
  }

  private JsonNode answer(HttpRequest request) throws IOException, InterruptedException {
    HttpResponse<String> answer = http.send(request, BodyHandlers.ofString());
    if (answer.statusCode() / 100 != 2) {
      throw new IOException(
          request.method()
              + " "
              + request.uri()
              + " answered "
              + answer.statusCode()
              + ": "
              + answer.body());
    }
    return mapper.readTree(answer.body());
  }
}
