package io.digflink.cli.gallery;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** A page in headless Chromium, steered through its DevTools protocol. */
final class Chromium implements AutoCloseable {
  private static final long PATIENCE_SECONDS = 90;
  private static final Pattern LISTENING = Pattern.compile("DevTools listening on (ws://\\S+)");
  private static final Set<String> WORK =
      Set.of("ScriptDuration", "LayoutDuration", "RecalcStyleDuration");
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Process process;
  private final WebSocket socket;
  private final AtomicInteger numbers = new AtomicInteger();
  private final Map<Integer, CompletableFuture<JsonNode>> answers = new ConcurrentHashMap<>();

  /** What the page's scripts complained of. */
  final List<String> complaints = new CopyOnWriteArrayList<>();

  private String session;

  private Chromium(Process process, URI address) {
    this.process = process;
    this.socket =
        HttpClient.newHttpClient().newWebSocketBuilder().buildAsync(address, new Answers()).join();
  }

  /** Where Chromium is on this machine, if it is. */
  static Optional<Path> find() {
    return Stream.of(System.getenv("PATH").split(File.pathSeparator))
        .flatMap(
            directory ->
                Stream.of("chromium", "chromium-browser", "google-chrome")
                    .map(name -> Path.of(directory, name)))
        .filter(Files::isExecutable)
        .findFirst();
  }

  /**
   * Starts it with an empty page.
   *
   * @param profile an empty directory
   */
  static Chromium start(Path program, Path profile) throws IOException {
    Process process =
        new ProcessBuilder(
                program.toString(),
                "--headless=new",
                "--no-sandbox", // The page is ours, and tests run as root in containers.
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--force-color-profile=srgb",
                "--remote-debugging-port=0",
                "--user-data-dir=" + profile,
                "about:blank")
            .redirectErrorStream(true)
            .start();
    BufferedReader said =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    StringBuilder all = new StringBuilder();
    for (String line = said.readLine(); line != null; line = said.readLine()) {
      all.append(line).append('\n');
      Matcher listening = LISTENING.matcher(line);
      if (listening.find()) {
        Thread drain = new Thread(() -> said.lines().forEach(more -> {}), "chromium-output");
        drain.setDaemon(true);
        drain.start();
        Chromium chromium = new Chromium(process, URI.create(listening.group(1)));
        chromium.attach();
        return chromium;
      }
    }
    throw new IOException("Chromium ended: " + all);
  }

  private void attach() {
    String target =
        call("Target.createTarget", "{\"url\":\"about:blank\"}").get("targetId").textValue();
    session =
        call("Target.attachToTarget", "{\"targetId\":\"" + target + "\",\"flatten\":true}")
            .get("sessionId")
            .textValue();
    call("Page.enable", "{}");
    call("Runtime.enable", "{}");
    call("Log.enable", "{}");
    call("Performance.enable", "{\"timeDomain\":\"threadTicks\"}");
  }

  void open(URI address) {
    call("Page.navigate", "{\"url\":\"" + address + "\"}");
  }

  /** The window's size in pixels. */
  void size(int width, int height) {
    call(
        "Emulation.setDeviceMetricsOverride",
        String.format(
            "{\"width\":%d,\"height\":%d,\"deviceScaleFactor\":1,\"mobile\":%b}",
            width, height, width < 600));
  }

  void colors(String scheme) {
    call(
        "Emulation.setEmulatedMedia",
        "{\"features\":[{\"name\":\"prefers-color-scheme\",\"value\":\"" + scheme + "\"}]}");
  }

  /** The value of an expression, a promise's when it is kept. */
  JsonNode eval(String expression) {
    ObjectNode parameters = JSON.createObjectNode();
    parameters.put("expression", expression).put("returnByValue", true).put("awaitPromise", true);
    JsonNode answer = call("Runtime.evaluate", parameters.toString());
    if (answer.has("exceptionDetails")) {
      throw new AssertionError(expression + ": " + answer.get("exceptionDetails"));
    }
    return answer.get("result").path("value");
  }

  /** Waits until an expression is true. */
  void await(String expression) {
    eval(
        "new Promise((done, fail) => { const end = Date.now() + 60000; const look = () => {"
            + "if ("
            + expression
            + ") done(true); else if (Date.now() > end) fail(new Error('not so in 60 s')); else"
            + " setTimeout(look, 50); }; look(); })");
  }

  /** Presses and releases a key, by its name in the DOM. */
  void press(String key) {
    ObjectNode event = JSON.createObjectNode().put("type", "keyDown").put("key", key);
    if (key.length() == 1) {
      event.put("text", key);
    } else if (key.equals("Enter")) {
      event.put("text", "\r").put("windowsVirtualKeyCode", 13);
    } else if (key.equals("Tab")) {
      event.put("windowsVirtualKeyCode", 9);
    } else if (key.equals("Escape")) {
      event.put("windowsVirtualKeyCode", 27);
    }
    call("Input.dispatchKeyEvent", event.toString());
    call("Input.dispatchKeyEvent", event.put("type", "keyUp").toString());
  }

  void type(String text) {
    call("Input.insertText", JSON.createObjectNode().put("text", text).toString());
  }

  /** Seconds of script, style and layout so far, of the processor and not of the clock. */
  double seconds() {
    double seconds = 0;
    for (JsonNode metric : call("Performance.getMetrics", "{}").get("metrics")) {
      if (WORK.contains(metric.get("name").textValue())) {
        seconds += metric.get("value").doubleValue();
      }
    }
    return seconds;
  }

  void screenshot(Path file) throws IOException {
    JsonNode picture = call("Page.captureScreenshot", "{\"format\":\"png\"}");
    Files.createDirectories(file.getParent());
    Files.write(file, picture.get("data").binaryValue());
  }

  private JsonNode call(String method, String parameters) {
    int number = numbers.incrementAndGet();
    CompletableFuture<JsonNode> answer = new CompletableFuture<>();
    answers.put(number, answer);
    String to = session == null ? "" : ",\"sessionId\":\"" + session + "\"";
    String message =
        "{\"id\":" + number + ",\"method\":\"" + method + "\",\"params\":" + parameters + to + "}";
    socket.sendText(message, true).join();
    JsonNode said = answer.orTimeout(PATIENCE_SECONDS, TimeUnit.SECONDS).join();
    if (said.has("error")) {
      throw new AssertionError(method + ": " + said.get("error"));
    }
    return said.get("result");
  }

  private final class Answers implements WebSocket.Listener {
    private final StringBuilder text = new StringBuilder();

    @Override
    public CompletionStage<?> onText(WebSocket from, CharSequence part, boolean last) {
      text.append(part);
      if (last) {
        take(text.toString());
        text.setLength(0);
      }
      from.request(1);
      return null;
    }

    private void take(String message) {
      try {
        JsonNode said = JSON.readTree(message);
        if (said.has("id")) {
          answers.remove(said.get("id").intValue()).complete(said);
        } else if (said.path("method").asText().equals("Runtime.exceptionThrown")
            || said.path("params").path("entry").path("level").asText().equals("error")) {
          complaints.add(said.get("params").toString());
        }
      } catch (IOException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  @Override
  public void close() {
    socket.abort();
    process.destroy();
    try {
      if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
