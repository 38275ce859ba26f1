package io.digflink.tests.formats;

import com.fasterxml.jackson.databind.ObjectMapper;
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

/**
 * A schema registry as a process with its data on disk, so that it may be killed: Apicurio's where
 * {@code .ci/run} has fetched it, else {@link SmallRegistry}, which answers the calls that are
 * used.
 */
public final class RegistryProcess implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofMinutes(3);
  private static final HttpClient CLIENT = HttpClient.newHttpClient();

  private final String url;
  private final JvmProcess process;
  private final String name;

  private RegistryProcess(String name, Path directory, int port, List<String> arguments)
      throws IOException {
    this.name = name;
    this.url = "http://127.0.0.1:" + port + "/apis/ccompat/v7";
    this.process = new JvmProcess(directory.resolve("registry.log"), arguments);
  }

  /**
   * Apicurio's registry, or the small one where that is not at hand.
   *
   * @param directory takes its data and its log
   */
  static RegistryProcess real(Path directory) throws IOException, InterruptedException {
    Path archive = Path.of(System.getProperty("dig.apicurio-registry"));
    if (!Files.exists(archive)) {
      return small(directory);
    }
    Files.createDirectories(directory);
    int port = freePort();
    return new RegistryProcess(
        "Apicurio's registry", directory, port, apicurio(directory, archive, port));
  }

  /** The small registry. */
  public static RegistryProcess small(Path directory) throws IOException {
    Files.createDirectories(directory);
    int port = freePort();
    return new RegistryProcess(
        "the tests' small registry",
        directory,
        port,
        List.of(
            "-cp",
            System.getProperty("java.class.path"),
            SmallRegistry.class.getName(),
            "" + port,
            directory.resolve("data").toString()));
  }

  private static List<String> apicurio(Path directory, Path archive, int port)
      throws IOException, InterruptedException {
    return List.of(
        "-Xmx400m",
        "-Dquarkus.http.host=127.0.0.1",
        "-Dquarkus.http.port=" + port,
        "-Dapicurio.datasource.url=jdbc:h2:file:"
            + directory.resolve("data").toAbsolutePath()
            + ";WRITE_DELAY=0",
        "-jar",
        unpack(directory, archive).toAbsolutePath().toString());
  }

  /** Which registry it is. */
  @Override
  public String toString() {
    return name;
  }

  private static Path unpack(Path directory, Path archive)
      throws IOException, InterruptedException {
    Process tar =
        new ProcessBuilder(Tool.require("tar"), "xzf", archive.toString())
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
  public void start() throws IOException {
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

  public String url() {
    return url;
  }

  public SchemaRegistry client() {
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
