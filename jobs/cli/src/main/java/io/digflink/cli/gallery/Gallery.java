package io.digflink.cli.gallery;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.digflink.cli.client.ImageContent;
import java.io.IOException;
import java.io.InputStream;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The gallery's web server: the page, its events and images, and what the page posts. */
public final class Gallery implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Gallery.class);

  private static final int THREADS = 96;
  private static final int STREAMS = 32;
  private static final long IDLE_SECONDS = 30;
  private static final int LARGEST_BODY = 256 << 10;

  private static final Map<String, String> FILES =
      Map.of(
          "/", "text/html; charset=utf-8",
          "/gallery.js", "text/javascript; charset=utf-8",
          "/parts.js", "text/javascript; charset=utf-8",
          "/gallery.css", "text/css; charset=utf-8",
          "/icon.svg", "image/svg+xml");

  private final GallerySettings settings;
  private final RequestGuard guard;
  private final GalleryState state;
  private final GalleryFeed feed;
  private final GalleryPosts posts;
  private final CountDownLatch closing = new CountDownLatch(1);
  private final Semaphore streams = new Semaphore(STREAMS);
  private final EventStream events;
  private final HttpServer server;
  private final ThreadPoolExecutor threads;

  private Gallery(GallerySettings settings, HttpServer server) {
    this.settings = settings;
    this.server = server;
    this.guard = new RequestGuard(settings.host());
    this.state = new GalleryState(settings.images());
    this.events = new EventStream(state, closing);
    this.posts = new GalleryPosts(settings);
    this.feed = GalleryFeed.start(settings, state);
    AtomicInteger number = new AtomicInteger();
    this.threads =
        new ThreadPoolExecutor(
            0,
            THREADS,
            IDLE_SECONDS,
            TimeUnit.SECONDS,
            new SynchronousQueue<>(),
            task -> {
              Thread thread = new Thread(task, "gallery-" + number.incrementAndGet());
              thread.setDaemon(true);
              return thread;
            });
    server.setExecutor(threads);
    server.createContext("/", this::handle);
  }

  /**
   * Starts to read the topics and to listen.
   *
   * @throws IOException if it cannot listen on the address and port
   */
  public static Gallery start(GallerySettings settings) throws IOException {
    // Otherwise an event that ends in a small packet waits for the one before to be acknowledged.
    if (System.getProperty("sun.net.httpserver.nodelay") == null) {
      System.setProperty("sun.net.httpserver.nodelay", "true");
    }
    HttpServer server;
    try {
      server = HttpServer.create(new InetSocketAddress(settings.host(), settings.port()), 0);
    } catch (BindException e) {
      throw new IOException(
          String.format(
              "Expected to listen on port %d of %s, found: %s: give another --port (0 for any that is"
                  + " free), or an address of this machine as --host",
              settings.port(), settings.host(), e.getMessage()),
          e);
    }
    Gallery gallery = new Gallery(settings, server);
    server.start();
    return gallery;
  }

  /** Where the page is. */
  public URI address() {
    InetSocketAddress address = server.getAddress();
    String host =
        address.getAddress().isAnyLocalAddress() || address.getAddress().isLoopbackAddress()
            ? "localhost"
            : settings.host();
    return URI.create("http://" + host + ":" + address.getPort() + "/");
  }

  private void handle(HttpExchange exchange) {
    try (exchange) {
      try {
        protect(exchange.getResponseHeaders());
        guard.check(exchange);
        switch (exchange.getRequestMethod()) {
          case "GET" -> get(exchange);
          case "POST" -> post(exchange);
          default -> throw new RefusedException(405, "Expected GET or POST");
        }
      } catch (RefusedException e) {
        answer(exchange, e.status(), "text/plain; charset=utf-8", bytes(e.getMessage() + "\n"));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException e) {
      LOG.debug("A reader went away", e);
    } catch (RuntimeException e) {
      LOG.warn("While answering {}", exchange.getRequestURI(), e);
    }
  }

  private static void protect(Headers headers) {
    headers.set(
        "Content-Security-Policy",
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
            + " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'");
    headers.set("X-Content-Type-Options", "nosniff");
    headers.set("Cross-Origin-Resource-Policy", "same-origin");
    headers.set("Referrer-Policy", "no-referrer");
  }

  private void get(HttpExchange exchange)
      throws IOException, RefusedException, InterruptedException {
    String path = exchange.getRequestURI().getPath();
    if (path.equals("/events")) {
      stream(exchange);
    } else if (path.startsWith("/images/")) {
      image(exchange, path.substring("/images/".length()));
    } else if (FILES.containsKey(path)) {
      exchange.getResponseHeaders().set("Cache-Control", "no-store");
      answer(exchange, 200, FILES.get(path), path.equals("/") ? page() : file(path));
    } else {
      throw new RefusedException(404, "There is no " + path + " here: open /");
    }
  }

  private void stream(HttpExchange exchange)
      throws IOException, RefusedException, InterruptedException {
    if (!streams.tryAcquire()) {
      throw new RefusedException(
          503, "Expected at most " + STREAMS + " open pages, found one more: close others");
    }
    try {
      events.write(exchange);
    } finally {
      streams.release();
    }
  }

  private void image(HttpExchange exchange, String number) throws IOException, RefusedException {
    Picture picture =
        (number.matches("[0-9]{1,18}")
                ? state.picture(Long.parseLong(number))
                : Optional.<Picture>empty())
            .orElseThrow(
                () ->
                    new RefusedException(
                        404,
                        "The gallery does not have this image (any more): ./dig images reads them"
                            + " all from the topic"));
    String type =
        switch (picture.image().getFormat()) {
          case "png", "jpeg" -> "image/" + picture.image().getFormat();
          default -> "application/octet-stream";
        };
    exchange.getResponseHeaders().set("Cache-Control", "private, max-age=86400");
    answer(exchange, 200, type, ImageContent.of(picture.image()));
  }

  private void post(HttpExchange exchange)
      throws IOException, RefusedException, InterruptedException {
    guard.checkPost(exchange);
    byte[] body = exchange.getRequestBody().readNBytes(LARGEST_BODY + 1);
    if (body.length > LARGEST_BODY) {
      throw new RefusedException(413, "Expected at most " + LARGEST_BODY + " bytes, found more");
    }
    ObjectNode said =
        switch (exchange.getRequestURI().getPath()) {
          case "/requests" -> posts.send(body);
          case "/cancellations" -> posts.cancel(body);
          default -> throw new RefusedException(404, "Expected /requests or /cancellations");
        };
    answer(exchange, 202, "application/json", bytes(said.toString()));
  }

  /** The page with what it needs to know; values are escaped for attributes. */
  private byte[] page() throws IOException {
    String page = new String(file("/index.html"), StandardCharsets.UTF_8);
    return bytes(
        page.replace("{{token}}", guard.token())
            .replace("{{images}}", Integer.toString(settings.images()))
            .replace("{{model}}", escape(settings.model()))
            .replace("{{classes}}", escape(String.join("\n", settings.classNames()))));
  }

  private static String escape(String text) {
    return text.replace("&", "&amp;").replace("\"", "&quot;").replace("<", "&lt;");
  }

  private static byte[] file(String path) throws IOException {
    try (InputStream in = Gallery.class.getResourceAsStream(path.substring(1))) {
      return in.readAllBytes();
    }
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static void answer(HttpExchange exchange, int status, String type, byte[] body)
      throws IOException {
    exchange.getResponseHeaders().set("Content-Type", type);
    exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
    exchange.getResponseBody().write(body);
  }

  @Override
  public void close() {
    closing.countDown();
    server.stop(0);
    threads.shutdownNow();
    feed.close();
    posts.close();
  }
}
