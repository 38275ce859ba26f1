package io.digflink.tests.formats;

import com.fasterxml.jackson.databind.ObjectMapper;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.digflink.lab.cluster.JvmProcess;
import io.digflink.schemas.GenerationRequest;
import io.digflink.schemas.codec.JsonSchemas;
import io.digflink.schemas.registry.SchemaRegistry;
import io.digflink.tools.Tool;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.awaitility.Awaitility;

/** Apicurio's schema registry as a process with its data on disk, so that it may be killed. */
final class ApicurioRegistry implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofMinutes(3);
  private static final HttpClient CLIENT = HttpClient.newHttpClient();

  private final String url;
  private final JvmProcess process;

  /**
   * @param directory takes its data and its log
   */
  ApicurioRegistry(Path directory) throws IOException, InterruptedException {
    Files.createDirectories(directory);
    int port = freePort();
    url = "http://127.0.0.1:" + port + "/apis/ccompat/v7";
    Path jar = unpack(directory);
    process =
        new JvmProcess(
            directory.resolve("registry.log"),
            List.of(
                "-Xmx400m",
                "-Dquarkus.http.host=127.0.0.1",
                "-Dquarkus.http.port=" + port,
                "-Dapicurio.datasource.url=jdbc:h2:file:"
                    + directory.resolve("data").toAbsolutePath()
                    + ";WRITE_DELAY=0",
                "-jar",
                jar.toAbsolutePath().toString()));
  }

  private static Path unpack(Path directory) throws IOException, InterruptedException {
    String archive = System.getProperty("dig.apicurio-registry");
    assumeThat(Path.of(archive))
        .as("Not fetched: the server of a schema registry, which ./dig test -Pregistry takes")
        .exists();
    Process tar =
        new ProcessBuilder(Tool.require("tar"), "xzf", archive)
            .directory(directory.toFile())
            .inheritIO()
            .start();
    if (tar.waitFor() != 0) {
      throw new IOException("Expected " + archive + " to be an archive that tar unpacks");
    }
    try (var files = Files.list(directory)) {
      return files
          .filter(file -> file.toString().endsWith("-runner.jar"))
          .findFirst()
          .orElseThrow();
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  /** Starts it, or starts it again with its data, and waits until it answers. */
  void start() throws IOException {
    process.start();
    Awaitility.await()
        .atMost(PATIENCE)
        .ignoreExceptionsInstanceOf(IOException.class)
        .until(
            () ->
                process.isAlive() ? send(request("/subjects").GET()).statusCode() == 200 : fail());
  }

  private boolean fail() throws IOException {
    throw new AssertionError("Expected the registry to run, found: " + process.log());
  }

  /** As kill -9 does. */
  void kill() {
    process.kill();
  }

  String url() {
    return url;
  }

  SchemaRegistry client() {
    return new SchemaRegistry(url);
  }

  /** Registers the JSON Schema of requests that the build publishes. */
  int registerJsonSchema(String subject) throws Exception {
    ObjectMapper json = new ObjectMapper();
    String body =
        json.createObjectNode()
            .put("schemaType", "JSON")
            .put("schema", JsonSchemas.of(GenerationRequest.getClassSchema()))
            .toString();
    HttpResponse<String> response =
        send(
            request("/subjects/" + subject + "/versions")
                .header("Content-Type", "application/vnd.schemaregistry.v1+json")
                .POST(HttpRequest.BodyPublishers.ofString(body)));
    if (response.statusCode() != 200) {
      throw new IOException("Expected the id of a JSON Schema, found " + response.body());
    }
    return json.readTree(response.body()).get("id").intValue();
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create(url + path));
  }

  private static HttpResponse<String> send(HttpRequest.Builder request)
      throws IOException, InterruptedException {
    return CLIENT.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  @Override
  public void close() {
    if (process.isAlive()) {
      process.kill();
    }
  }
}
