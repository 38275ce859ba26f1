package io.digflink.schemas.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import io.digflink.schemas.GenerationRequest;
import io.digflink.schemas.codec.RegisteredSchema;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Against a server that gives set answers; the tests module asks a real registry. */
class SchemaRegistryITCase {
  private final List<String> requests = new ArrayList<>();
  private HttpServer server;
  private int status;
  private String answer;

  @BeforeEach
  void start() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          requests.add(
              exchange.getRequestMethod()
                  + " "
                  + exchange.getRequestURI()
                  + " "
                  + exchange.getRequestHeaders().getFirst("Authorization"));
          exchange.getRequestBody().readAllBytes();
          byte[] body = answer.getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(status, body.length);
          try (OutputStream out = exchange.getResponseBody()) {
            out.write(body);
          }
        });
    server.start();
  }

  @AfterEach
  void stop() {
    server.stop(0);
  }

  private SchemaRegistry registry() {
    return new SchemaRegistry(
        "http://me:secret@127.0.0.1:" + server.getAddress().getPort() + "/apis/ccompat/v7/");
  }

  private void answers(int newStatus, String newAnswer) {
    status = newStatus;
    answer = newAnswer;
  }

  @Test
  void aSchemaIsFoundByItsId() throws Exception {
    answers(200, "{\"schema\":\"{\\\"type\\\":\\\"string\\\"}\"}");
    assertThat(registry().find(7))
        .contains(new RegisteredSchema(7, "AVRO", "{\"type\":\"string\"}"));

    answers(200, "{\"schema\":\"{}\",\"schemaType\":\"JSON\"}");
    assertThat(registry().find(8)).contains(new RegisteredSchema(8, "JSON", "{}"));

    assertThat(requests)
        .containsExactly(
            "GET /apis/ccompat/v7/schemas/ids/7 Basic bWU6c2VjcmV0",
            "GET /apis/ccompat/v7/schemas/ids/8 Basic bWU6c2VjcmV0");
  }

  @Test
  void anIdThatTheRegistryHasNotIsNone() throws Exception {
    answers(404, "{\"error_code\":40403,\"message\":\"Schema not found\"}");

    assertThat(registry().find(7)).isEmpty();
  }

  @Test
  void whatIsNoAnswerOfARegistryIsNotTakenForOne() {
    for (int bad : new int[] {404, 500, 503, 401, 200}) {
      answers(bad, "<html>not here</html>");

      assertThatThrownBy(() -> registry().find(7))
          .isInstanceOf(RegistryException.class)
          .hasMessageMatching(
              "Expected a schema, or a 404 with an error_code from the schema registry at"
                  + " http://127.0.0.1:\\d+/apis/ccompat/v7, found status "
                  + bad
                  + ": <html>not here</html>");
    }
  }

  @Test
  void anUnreachableRegistryIsNamedWithoutItsPassword() {
    SchemaRegistry registry = registry();
    server.stop(0);

    assertThatThrownBy(() -> registry.find(7))
        .isInstanceOf(RegistryException.class)
        .hasMessageStartingWith("Expected an answer of the schema registry at http://127.0.0.1:")
        .hasMessageNotContaining("secret");
  }

  @Test
  void aSchemaIsRegisteredUnderItsSubject() throws Exception {
    answers(200, "{\"id\":12}");

    assertThat(registry().register("dig.images-value", GenerationRequest.getClassSchema()))
        .isEqualTo(12);
    assertThat(requests)
        .containsExactly(
            "POST /apis/ccompat/v7/subjects/dig.images-value/versions Basic bWU6c2VjcmV0");
  }

  @Test
  void aRefusedSchemaSaysWhatToLookAt() {
    answers(409, "{\"error_code\":409,\"message\":\"incompatible\"}");

    assertThatThrownBy(() -> registry().register("s", GenerationRequest.getClassSchema()))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("as the subject s, found: {\"error_code\":409")
        .hasMessageEndingWith(
            "look at the subject's compatibility rule and at who else registers it");
  }

  @Test
  void anAddressThatIsNoUrlIsRefused() {
    assertThatThrownBy(() -> new SchemaRegistry("registry:8080"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "Expected the URL of a schema registry such as http://registry:8080/apis/ccompat/v7,"
                + " found registry:8080");
  }
}
