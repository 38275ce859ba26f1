package io.digflink.cli.gallery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.digflink.schemas.GenerationRequest;
import io.digflink.schemas.RejectReason;
import io.digflink.schemas.RequestState;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(value = 120, unit = TimeUnit.SECONDS)
class GalleryITCase {
  private static final int IMAGES = 20;

  @TempDir private static Path directory;
  private static GalleryRun run;

  @BeforeAll
  static void start() throws Exception {
    run = GalleryRun.start(directory, IMAGES);
  }

  @AfterAll
  static void stop() {
    run.close();
  }

  @Test
  void showsARequestFromItsSendingToItsImages() throws Exception {
    run.request("watched", 4);
    run.progress("watched", RequestState.ADMITTED, 4, 0);
    JsonNode waiting = awaitRequest("watched", card -> state(card).equals("ADMITTED"));
    assertThat(waiting.get("labels")).hasToString("[\"Bag\"]");
    assertThat(waiting.get("expectedAt").longValue()).isGreaterThan(System.currentTimeMillis());

    run.progress("watched", RequestState.RUNNING, 4, 0);
    run.preview("watched", 2, 5);
    JsonNode preview = await("previews", one -> one.get("id").textValue().equals("watched"));
    assertThat(preview.get("step").intValue()).isEqualTo(5);
    assertThat(preview.get("jpeg").binaryValue()).isEqualTo(GalleryRun.png(5, 16));

    run.image("watched", 2, 4);
    run.progress("watched", RequestState.RUNNING, 4, 1);
    JsonNode image = await("images", one -> one.get("id").textValue().equals("watched"));
    assertThat(image.get("seed").textValue()).isEqualTo("9223372036854775807");
    HttpResponse<String> file = run.get("/images/" + image.get("n"));
    assertThat(file.headers().firstValue("Content-Type")).contains("image/png");
    assertThat(file.headers().firstValueAsLong("Content-Length"))
        .hasValue(image.get("size").longValue());
    assertThat(changes(c -> c.get("previews").isEmpty())).isNotNull();

    run.progress("watched", RequestState.CANCELLED, 4, 1);
    JsonNode end = awaitRequest("watched", card -> state(card).equals("CANCELLED"));
    assertThat(end.get("done").intValue()).isEqualTo(1);
    assertThat(end.has("expectedAt")).isFalse();
  }

  @Test
  void aRejectSaysWhyAndAConflictLeavesTheFirstRequestAlone() throws Exception {
    run.request("first", 1);
    run.progress("first", RequestState.ADMITTED, 1, 0);
    run.reject("first", RejectReason.CONFLICT, "Another request of this id was admitted before");
    run.reject("wrong", RejectReason.INVALID_FIELD, "steps is 0; allowed: 1 to 1000");

    JsonNode card = awaitRequest("wrong", one -> state(one).equals("REJECTED"));
    assertThat(card.get("message").textValue()).isEqualTo("steps is 0; allowed: 1 to 1000");
    assertThat(awaitRequest("first", one -> true).get("state").textValue()).isEqualTo("ADMITTED");
    assertThat(await("rejects", one -> one.get("reason").textValue().equals("CONFLICT")))
        .isNotNull();
  }

  @Test
  void whatIsNoRecordIsLeftOutAndSaid() throws Exception {
    run.bytes("requests", "garbage", new byte[] {1, 2, 3});
    run.bytes(
        "requests",
        "long",
        ("{\"request_id\":\"" + "x".repeat(5_000) + "\",\"model\":\"m\"}")
            .getBytes(StandardCharsets.UTF_8));
    run.request("behind-garbage", 1);

    assertThat(awaitRequest("behind-garbage", one -> true)).isNotNull();
    assertThat(changes(c -> true).get("figures").get("problem").isNull()).isTrue();
  }

  @Test
  void sendsWhatThePageAsksForAndSaysWhatIsWrongWithIt() throws Exception {
    String token = run.token();
    HttpResponse<String> sent =
        post(
            "/requests",
            "{\"model\":\"fashion-dig\",\"class_names\":[\"Bag\"],\"tenant\":\"atelier\",\"priority\":7}",
            token);

    assertThat(sent.statusCode()).as(sent.body()).isEqualTo(202);
    String id = new ObjectMapper().readTree(sent.body()).get("request_id").textValue();
    GenerationRequest request = run.requests(id).get(0);
    assertThat(request.getTenant()).isEqualTo("atelier");
    assertThat(request.getPriority()).isEqualTo(7);
    assertThat(request.getCreatedAt()).isNotNull();
    assertThat(awaitRequest(id, one -> true).get("tenant").textValue()).isEqualTo("atelier");

    HttpResponse<String> wrong = post("/requests", "{\"model\":\"m\",\"steps\":\"many\"}", token);
    assertThat(wrong.statusCode()).isEqualTo(400);
    assertThat(wrong.body()).startsWith("steps is the string \"many\"; allowed:");
    assertThat(post("/requests", "[]", token).body()).startsWith("Expected a JSON object");
    assertThat(post("/requests", "x".repeat(300 << 10), token).statusCode()).isEqualTo(413);
    assertThat(post("/jobs", "{}", token).statusCode()).isEqualTo(404);
  }

  @Test
  void cancelsARequest() throws Exception {
    run.request("unwanted", 3);
    HttpResponse<String> answer =
        post("/cancellations", "{\"request_id\":\"unwanted\"}", run.token());

    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(202);
    assertThat(run.cancelled()).contains("unwanted");
    assertThat(awaitRequest("unwanted", one -> one.get("cancelling").booleanValue())).isNotNull();
    assertThat(post("/cancellations", "{\"request_id\":7}", run.token()).body())
        .isEqualTo("Expected the request_id of a request, found 7\n");
  }

  @Test
  void anotherSiteCannotPost() throws Exception {
    String token = run.token();
    String body = "{\"request_id\":\"theirs\"}";

    HttpResponse<String> withoutToken =
        run.post("/cancellations", body, "Content-Type", "application/json");
    assertThat(withoutToken.statusCode()).isEqualTo(403);
    assertThat(withoutToken.body()).contains("Expected the page's token in X-Dig-Token");
    HttpResponse<String> ofAnotherOrigin =
        run.post(
            "/cancellations",
            body,
            "Content-Type",
            "application/json",
            "X-Dig-Token",
            token,
            "Origin",
            "https://evil.example");
    assertThat(ofAnotherOrigin.statusCode()).isEqualTo(403);
    assertThat(ofAnotherOrigin.body())
        .isEqualTo("Expected a post of this page, found one of https://evil.example\n");
    assertThat(
            run.post("/cancellations", body, "Content-Type", "text/plain", "X-Dig-Token", token)
                .statusCode())
        .isEqualTo(415);
    assertThat(run.cancelled()).doesNotContain("theirs");
  }

  /** A name that its owner lets point to this machine would make the page one of his site. */
  @Test
  void aNameThatIsNotThisMachinesIsRefused() throws Exception {
    assertThat(raw("GET / HTTP/1.1\r\nHost: evil.example:80\r\nConnection: close\r\n\r\n"))
        .startsWith("HTTP/1.1 403")
        .contains("found evil.example:80")
        .doesNotContain("data-token");
    assertThat(raw("GET / HTTP/1.1\r\nHost: LOCALHOST:1\r\nConnection: close\r\n\r\n"))
        .startsWith("HTTP/1.1 200");
    assertThat(raw("DELETE / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"))
        .startsWith("HTTP/1.1 405");
  }

  @Test
  void thePageRunsNothingThatIsNotItsOwnAndItsFilesAreThere() throws Exception {
    HttpResponse<String> page = run.get("/");

    assertThat(page.headers().firstValue("Content-Security-Policy").orElseThrow())
        .contains("default-src 'none'", "script-src 'self'", "frame-ancestors 'none'");
    assertThat(page.body())
        .contains("data-model=\"a &quot;model&quot;\"", "data-images=\"" + IMAGES + "\"")
        .doesNotContain("{{", "style=\"", "onclick");
    for (String path : List.of("/gallery.js", "/parts.js", "/gallery.css", "/icon.svg")) {
      assertThat(run.get(path).statusCode()).as(path).isEqualTo(200);
    }
    assertThat(run.get("/../version.properties").statusCode()).isEqualTo(404);
    assertThat(run.get("/images/999999999").body()).contains("./dig images reads them all");
  }

  @Test
  void remembersTheLastImagesOnly() throws Exception {
    run.images("many", 0, 3 * IMAGES);
    JsonNode last =
        changes(
            c ->
                StreamSupport.stream(c.get("images").spliterator(), false)
                    .anyMatch(image -> image.get("index").intValue() == 3 * IMAGES - 1));

    assertThat(last.get("images")).hasSize(IMAGES);
    assertThat(last.get("figures").get("images").intValue()).isGreaterThanOrEqualTo(3 * IMAGES);
    assertThat(last.get("figures").get("rate").doubleValue()).isPositive();

    // A gallery that starts now shows the same images.
    run.restart(IMAGES);
    assertThat(await("images", image -> image.get("index").intValue() == 3 * IMAGES - 1))
        .isNotNull();
  }

  @Test
  void aReaderThatComesBackGetsWhatIsNewAlone() throws Exception {
    run.request("old", 1);
    awaitRequest("old", one -> true);
    String id;
    try (Events events = new Events(null)) {
      events.next();
      id = events.lastId;
    }
    run.request("new", 1);
    awaitRequest("new", one -> true);

    try (Events events = new Events(id)) {
      JsonNode changes = events.next();
      assertThat(changes.get("all").booleanValue()).isFalse();
      assertThat(changes.get("requests"))
          .extracting(card -> card.get("id").textValue())
          .containsExactly("new");
    }
    try (Events events = new Events("other-17")) {
      assertThat(events.next().get("all").booleanValue()).isTrue();
    }
  }

  /** As on the brokers of a job that is older than the gallery. */
  @Test
  void topicsOfPreviewsAndCancellationsNeedNotExist() throws Exception {
    GallerySettings.Topics topics =
        new GallerySettings.Topics(
            "requests", "images", "progress", "rejected", "no-previews", "no-cancellations");
    GallerySettings settings =
        new GallerySettings(run.client(), null, topics, "127.0.0.1", 0, 1, "m", List.of());
    try (Gallery other = Gallery.start(settings)) {
      HttpResponse<String> answer = run.cancelAt(other.address(), "any");

      assertThat(answer.statusCode()).isEqualTo(503);
      assertThat(answer.body())
          .startsWith("Cannot send the cancellation of any to no-cancellations: ");
    }
  }

  @Test
  void aPortThatIsTakenIsNamed() {
    GallerySettings taken =
        new GallerySettings(
            new Properties(),
            null,
            GalleryRun.TOPICS,
            "127.0.0.1",
            run.address().getPort(),
            1,
            "m",
            List.of());

    assertThatThrownBy(() -> Gallery.start(taken))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(
            "Expected to listen on port " + run.address().getPort() + " of 127.0.0.1, found: ")
        .hasMessageContaining("--port");
  }

  private static HttpResponse<String> post(String path, String body, String token)
      throws Exception {
    return run.post(path, body, "Content-Type", "application/json", "X-Dig-Token", token);
  }

  private static String raw(String request) throws IOException {
    try (Socket socket = new Socket("127.0.0.1", run.address().getPort());
        OutputStream out = socket.getOutputStream()) {
      out.write(request.getBytes(StandardCharsets.US_ASCII));
      out.flush();
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private static String state(JsonNode card) {
    return card.get("state").textValue();
  }

  private static JsonNode awaitRequest(String id, Predicate<JsonNode> wanted) throws IOException {
    return await("requests", card -> card.get("id").textValue().equals(id) && wanted.test(card));
  }

  /** The first entry of a kind that is wanted, in events from the start on. */
  private static JsonNode await(String kind, Predicate<JsonNode> wanted) throws IOException {
    try (Events events = new Events(null)) {
      while (true) {
        for (JsonNode entry : events.next().get(kind)) {
          if (wanted.test(entry)) {
            return entry;
          }
        }
      }
    }
  }

  /** All that there is, as soon as it is as wanted. */
  private static JsonNode changes(Predicate<JsonNode> wanted) throws IOException {
    run.flush();
    while (true) {
      try (Events events = new Events(null)) {
        JsonNode all = events.next();
        if (wanted.test(all)) {
          return all;
        }
      }
    }
  }

  private static final class Events implements AutoCloseable {
    private final BufferedReader lines;
    private String lastId;

    Events(String lastEventId) throws IOException {
      run.flush();
      HttpURLConnection connection =
          (HttpURLConnection) run.address().resolve("/events").toURL().openConnection();
      if (lastEventId != null) {
        connection.setRequestProperty("Last-Event-ID", lastEventId);
      }
      lines =
          new BufferedReader(
              new InputStreamReader(connection.getInputStream(), StandardCharsets.UTF_8));
    }

    JsonNode next() throws IOException {
      while (true) {
        String line = lines.readLine();
        if (line.startsWith("id: ")) {
          lastId = line.substring(4);
        } else if (line.startsWith("data: ")) {
          return new ObjectMapper().readTree(line.substring(6));
        }
      }
    }

    @Override
    public void close() throws IOException {
      lines.close();
    }
  }
}
