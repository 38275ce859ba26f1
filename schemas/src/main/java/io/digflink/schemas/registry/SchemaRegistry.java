package io.digflink.schemas.registry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.digflink.schemas.codec.RegisteredSchema;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.Optional;
import org.apache.avro.Schema;

/**
 * A schema registry. Of Confluent's REST interface it needs two calls, which Confluent's registry,
 * Apicurio's (under {@code /apis/ccompat/v7}) and others answer. Thread-safe.
 */
public final class SchemaRegistry {
  private static final Duration CONNECT_PATIENCE = Duration.ofSeconds(5);
  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final String MEDIA_TYPE = "application/vnd.schemaregistry.v1+json";
  private static final int OK = 200;
  private static final int NOT_FOUND = 404;
  private static final int CONFLICT = 409;
  private static final int UNPROCESSABLE = 422;
  private static final ObjectMapper JSON = new ObjectMapper();

  private final String address;
  private final String authorization;
  private final HttpClient client =
      HttpClient.newBuilder()
          .connectTimeout(CONNECT_PATIENCE)
          .version(HttpClient.Version.HTTP_1_1)
          .build();

  /**
   * @param url of the REST interface; user and password before an {@code @} are sent as basic
   *     authentication
   * @throws IllegalArgumentException if it is no http(s) URL
   */
  public SchemaRegistry(String url) {
    URI uri = URI.create(url);
    if (uri.getHost() == null || !String.valueOf(uri.getScheme()).matches("https?")) {
      throw new IllegalArgumentException(
          "Expected the URL of a schema registry such as http://registry:8080/apis/ccompat/v7,"
              + " found "
              + url.replaceAll("(?<=//)[^/@]*@", ""));
    }
    String user = uri.getUserInfo();
    authorization =
        user == null
            ? null
            : "Basic " + Base64.getEncoder().encodeToString(user.getBytes(StandardCharsets.UTF_8));
    address = url.replaceAll("(?<=//)[^/@]*@", "").replaceAll("/+$", "");
  }

  /**
   * The schema of an id; empty if the registry has none of it.
   *
   * @throws RegistryException if the registry does not say
   */
  public Optional<RegisteredSchema> find(int id) throws RegistryException, InterruptedException {
    HttpResponse<String> response = send(request("/schemas/ids/" + id).GET());
    JsonNode body = body(response);
    if (response.statusCode() == OK && body.hasNonNull("schema")) {
      return Optional.of(
          new RegisteredSchema(
              id, body.path("schemaType").asText("AVRO"), body.get("schema").asText()));
    }
    // Without an error code the 404 is some other server's, or that of a wrong path.
    if (response.statusCode() == NOT_FOUND && body.has("error_code")) {
      return Optional.empty();
    }
    throw unexpected(response, "a schema, or a 404 with an error_code");
  }

  /**
   * Registers a schema, or finds it where it is registered already.
   *
   * @return its id
   * @throws RegistryException if the registry does not say
   * @throws IllegalStateException if it refuses the schema
   */
  public int register(String subject, Schema schema)
      throws RegistryException, InterruptedException {
    String path = "/subjects/" + URLEncoder.encode(subject, StandardCharsets.UTF_8) + "/versions";
    String body = JSON.createObjectNode().put("schema", schema.toString()).toString();
    HttpResponse<String> response =
        send(
            request(path)
                .header("Content-Type", MEDIA_TYPE)
                .POST(HttpRequest.BodyPublishers.ofString(body)));
    if (response.statusCode() == CONFLICT || response.statusCode() == UNPROCESSABLE) {
      throw new IllegalStateException(
          "Expected the schema registry at "
              + address
              + " to take "
              + schema.getFullName()
              + " as the subject "
              + subject
              + ", found: "
              + response.body()
              + ": look at the subject's compatibility rule and at who else registers it");
    }
    JsonNode answer = body(response);
    if (response.statusCode() != OK || !answer.path("id").canConvertToInt()) {
      throw unexpected(response, "the id of a schema");
    }
    return answer.get("id").intValue();
  }

  private HttpRequest.Builder request(String path) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(address + path))
            .timeout(PATIENCE)
            .header("Accept", MEDIA_TYPE + ", application/json");
    return authorization == null ? request : request.header("Authorization", authorization);
  }

  private HttpResponse<String> send(HttpRequest.Builder request)
      throws RegistryException, InterruptedException {
    try {
      return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
    } catch (IOException e) {
      throw new RegistryException(
          "Expected an answer of the schema registry at " + address + ", found none: " + e, e);
    }
  }

  private static JsonNode body(HttpResponse<String> response) {
    try {
      JsonNode body = JSON.readTree(response.body());
      return body == null ? JSON.createObjectNode() : body;
    } catch (IOException e) {
      return JSON.createObjectNode();
    }
  }

  private RegistryException unexpected(HttpResponse<String> response, String expected) {
    String body = response.body();
    return new RegistryException(
        String.format(
            "Expected %s from the schema registry at %s, found status %d: %s",
            expected,
            address,
            response.statusCode(),
            body.length() <= 200 ? body : body.substring(0, 200) + "…"),
        null);
  }

  /** Its address, without a password. */
  @Override
  public String toString() {
    return address;
  }
}
