package io.digflink.cli.gallery;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Server-sent events: each has what has changed since the one before. A browser that reconnects
 * says which one it had last.
 */
final class EventStream {
  /** Changes that come closer together go into one event. */
  private static final long BETWEEN_EVENTS_MILLIS = 200;

  /** Figures change with time alone; and a reader that is gone is found out. */
  private static final long LONGEST_SILENCE_MILLIS = 2_000;

  private final GalleryState state;
  private final CountDownLatch closing;

  /** Tells the versions of this process from those of another one on the same port. */
  private final String start = Long.toString(System.currentTimeMillis(), Character.MAX_RADIX);

  EventStream(GalleryState state, CountDownLatch closing) {
    this.state = state;
    this.closing = closing;
  }

  /** Writes events until the reader is gone or the gallery ends. */
  void write(HttpExchange exchange) throws IOException, InterruptedException {
    long known = known(exchange.getRequestHeaders().getFirst("Last-Event-ID"));
    exchange.getResponseHeaders().set("Content-Type", "text/event-stream; charset=utf-8");
    exchange.getResponseHeaders().set("Cache-Control", "no-store");
    exchange.sendResponseHeaders(200, 0);
    try (OutputStream out = exchange.getResponseBody()) {
      do {
        ObjectNode changes = state.since(known).put("all", known == 0);
        known = changes.get("version").longValue();
        String event =
            String.format(
                Locale.ROOT, "id: %s-%d%nevent: changes%ndata: %s%n%n", start, known, changes);
        out.write(event.replace("\r\n", "\n").getBytes(StandardCharsets.UTF_8));
        out.flush();
        state.await(known, LONGEST_SILENCE_MILLIS);
      } while (!closing.await(BETWEEN_EVENTS_MILLIS, TimeUnit.MILLISECONDS));
    }
  }

  private long known(String lastEventId) {
    String prefix = start + "-";
    if (lastEventId == null || !lastEventId.matches(prefix + "[0-9]{1,18}")) {
      return 0;
    }
    return Long.parseLong(lastEventId.substring(prefix.length()));
  }
}
