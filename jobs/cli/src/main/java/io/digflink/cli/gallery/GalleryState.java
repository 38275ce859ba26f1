package io.digflink.cli.gallery;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.digflink.schemas.GeneratedImage;
import io.digflink.schemas.GenerationRequest;
import io.digflink.schemas.ImagePreview;
import io.digflink.schemas.RejectedRequest;
import io.digflink.schemas.RequestProgress;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Base64;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * What the page shows: the last requests, images, previews and rejects. Its memory is bounded, and
 * so is what a slow reader costs: every entry knows the version in which it last changed, and a
 * reader asks for what has changed since the version that it has. Thread-safe.
 */
final class GalleryState {
  private static final int REQUESTS = 500;
  private static final int REJECTS = 200;
  private static final int PREVIEWS = 128;
  private static final int LARGEST_PREVIEW = 64 << 10;
  private static final int LONGEST_ID = 1_024;
  private static final int HEAP_SHARE = 4;
  private static final long MOST_BYTES = 256L << 20;

  private record Reject(long version, ObjectNode shown) {}

  private record Preview(long version, ImagePreview value) {}

  private record Place(String request, int index) {}

  private final int images;
  private final long bytes = Math.min(MOST_BYTES, Runtime.getRuntime().maxMemory() / HEAP_SHARE);
  private final Map<String, RequestCard> requests = new LinkedHashMap<>();
  private final Deque<Picture> pictures = new ArrayDeque<>();
  private final Map<Long, Picture> byNumber = new HashMap<>();
  private final Deque<Reject> rejects = new ArrayDeque<>();
  private final Map<Place, Preview> previews = new LinkedHashMap<>();
  private final Figures figures = new Figures();

  private long version;
  private long bytesHeld;
  private long rejected;
  private String problem;

  /**
   * @param images that are remembered at most
   */
  GalleryState(int images) {
    this.images = images;
  }

  /** Anyone may write requests: one whose id no job takes is not remembered. */
  synchronized void request(GenerationRequest request, String key, Instant at) {
    if (request.getRequestId().length() > LONGEST_ID) {
      return;
    }
    touched(request.getRequestId()).asked(request, key, at);
  }

  synchronized void progress(RequestProgress progress) {
    RequestCard card = touched(progress.getRequestId());
    card.progress(progress);
    if (card.hasEnded()) {
      previews.keySet().removeIf(place -> place.request.equals(progress.getRequestId()));
    }
  }

  synchronized void cancellation(String requestId) {
    if (requests.containsKey(requestId)) {
      touched(requestId).cancelAsked();
    }
  }

  synchronized void reject(RejectedRequest reject) {
    long number = next();
    rejects.add(new Reject(number, describe(number, reject)));
    rejected++;
    if (rejects.size() > REJECTS) {
      rejects.remove();
    }
    String id = reject.getRequestId();
    if (id != null && id.length() <= LONGEST_ID) {
      touched(id).rejected(reject);
    }
  }

  synchronized void preview(ImagePreview preview) {
    RequestCard card = requests.get(preview.getRequestId());
    if (preview.getBytes().remaining() > LARGEST_PREVIEW || card != null && card.hasEnded()) {
      return;
    }
    Place place = new Place(preview.getRequestId(), preview.getIndex());
    previews.remove(place);
    previews.put(place, new Preview(next(), preview));
    if (previews.size() > PREVIEWS) {
      previews.remove(previews.keySet().iterator().next());
    }
  }

  synchronized void image(GeneratedImage image) {
    Picture picture = new Picture(next(), image);
    previews.remove(new Place(image.getRequestId(), image.getIndex()));
    figures.add(image);
    pictures.add(picture);
    byNumber.put(picture.number(), picture);
    bytesHeld += picture.size();
    while (pictures.size() > images || bytesHeld > bytes && pictures.size() > 1) {
      Picture oldest = pictures.remove();
      byNumber.remove(oldest.number());
      bytesHeld -= oldest.size();
    }
  }

  /** What is wrong with the reading of the topics; null: nothing. */
  synchronized void problem(String message) {
    problem = message;
    next();
  }

  /** The card of a request, as the one that changed last. */
  private RequestCard touched(String id) {
    RequestCard card = requests.remove(id);
    card = card == null ? new RequestCard(id) : card;
    card.version = next();
    requests.put(id, card);
    if (requests.size() > REQUESTS) {
      requests.remove(requests.keySet().iterator().next());
    }
    return card;
  }

  /** A new version, which waiting readers learn of. */
  private long next() {
    notifyAll();
    return ++version;
  }

  /** An image that is still remembered. */
  synchronized Optional<Picture> picture(long number) {
    return Optional.ofNullable(byNumber.get(number));
  }

  /** Waits until there is a later version, or the time is over. */
  synchronized void await(long known, long millis) throws InterruptedException {
    long end = System.nanoTime() + millis * 1_000_000;
    for (long left = millis; version <= known && left > 0; ) {
      wait(left);
      left = (end - System.nanoTime()) / 1_000_000;
    }
  }

  /** What has changed since a version, the new version among it. */
  synchronized ObjectNode since(long known) {
    ObjectNode changes = JsonNodeFactory.instance.objectNode();
    changes.put("version", version);
    ArrayNode cards = changes.putArray("requests");
    requests.values().stream()
        .filter(card -> card.version > known)
        .forEach(card -> card.write(cards.addObject()));
    ArrayNode files = changes.putArray("images");
    pictures.stream()
        .filter(picture -> picture.number() > known)
        .forEach(picture -> picture.write(files.addObject()));
    ArrayNode drafts = changes.putArray("previews");
    previews.values().stream()
        .filter(preview -> preview.version > known)
        .forEach(preview -> write(preview.value, drafts.addObject()));
    ArrayNode refused = changes.putArray("rejects");
    rejects.stream()
        .filter(reject -> reject.version > known)
        .forEach(reject -> refused.add(reject.shown));
    writeFigures(changes.putObject("figures"));
    return changes;
  }

  private void writeFigures(ObjectNode out) {
    long now = System.currentTimeMillis();
    figures.write(out, now);
    out.put("rejected", rejected).put("problem", problem).put("now", now);
    out.put("waiting", requests.values().stream().filter(RequestCard::isWaiting).count());
    out.put(
        "running",
        requests.values().stream().filter(card -> !card.isWaiting() && !card.hasEnded()).count());
  }

  private static void write(ImagePreview preview, ObjectNode out) {
    out.put("id", preview.getRequestId()).put("index", preview.getIndex());
    out.put("step", preview.getStep()).put("steps", preview.getSteps());
    ByteBuffer file = preview.getBytes().duplicate();
    byte[] bytes = new byte[file.remaining()];
    file.get(bytes);
    out.put("jpeg", Base64.getEncoder().encodeToString(bytes));
  }

  /** Without the request's own bytes, which may be many. */
  private static ObjectNode describe(long number, RejectedRequest reject) {
    ObjectNode out = JsonNodeFactory.instance.objectNode();
    out.put("n", number).put("id", RequestCard.shortened(reject.getRequestId()));
    out.put("reason", reject.getReason().name());
    out.put("message", RequestCard.shortened(reject.getMessage()));
    out.put("field", RequestCard.shortened(reject.getField()));
    out.put("source", reject.getSource()).put("at", reject.getAt().toEpochMilli());
    return out;
  }
}
