package io.digflink.cli.gallery;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.digflink.schemas.GenerationRequest;
import io.digflink.schemas.RejectReason;
import io.digflink.schemas.RejectedRequest;
import io.digflink.schemas.RequestProgress;
import io.digflink.schemas.RequestState;
import java.time.Instant;
import java.util.EnumSet;
import java.util.Set;

/** What is known of one request. Its records come in any order of topics. */
final class RequestCard {
  private static final Set<RequestState> ENDS =
      EnumSet.of(
          RequestState.COMPLETED,
          RequestState.CANCELLED,
          RequestState.EXPIRED,
          RequestState.REJECTED);

  /** Labels that are listed; the page says how many more there are. */
  private static final int LABELS_SHOWN = 12;

  /** Anyone may write requests, of any length. */
  private static final int LONGEST = 256;

  private final String id;
  private ObjectNode asked;
  private String tenant;
  private Instant sentAt;
  private RequestState state;
  private Instant admittedAt;
  private Instant begunAt;
  private Instant endedAt;
  private Instant expectedAt;
  private int images;
  private int done;
  private boolean cancelAsked;
  private String reason;
  private String message;

  /** Of the last change. */
  long version;

  RequestCard(String id) {
    this.id = id;
  }

  /**
   * The request itself; one of the same id that comes later changes nothing.
   *
   * @param key of its record, whose part before a colon names the tenant of a request without one
   */
  void asked(GenerationRequest request, String key, Instant at) {
    if (asked != null) {
      return;
    }
    asked = describe(request);
    sentAt = request.getCreatedAt() == null ? at : request.getCreatedAt();
    int colon = key == null ? -1 : key.indexOf(':');
    tenant =
        shortened(
            request.getTenant() != null || colon < 0
                ? request.getTenant()
                : key.substring(0, colon));
    if (images == 0) {
      int labels = request.getLabels().size() + request.getClassNames().size();
      images =
          (int)
              Math.min(
                  Integer.MAX_VALUE,
                  (long) Math.max(1, labels) * Math.max(1, request.getImagesPerLabel()));
    }
  }

  void progress(RequestProgress progress) {
    state = progress.getState();
    images = progress.getImages();
    done = progress.getImagesDone();
    expectedAt = progress.getExpectedAt();
    if (state == RequestState.ADMITTED) {
      admittedAt = progress.getAt();
      endedAt = null;
    } else if (state == RequestState.RUNNING && begunAt == null) {
      begunAt = progress.getAt();
    } else if (hasEnded()) {
      endedAt = progress.getAt();
    }
  }

  /** A conflict is about another request of this id. */
  void rejected(RejectedRequest reject) {
    if (reject.getReason() == RejectReason.CONFLICT) {
      return;
    }
    reason = reject.getReason().name();
    message = shortened(reject.getMessage());
    if (!hasEnded()) {
      state =
          reject.getReason() == RejectReason.DEADLINE_EXCEEDED
              ? RequestState.EXPIRED
              : RequestState.REJECTED;
      endedAt = reject.getAt();
    }
  }

  void cancelAsked() {
    cancelAsked = true;
  }

  boolean hasEnded() {
    return ENDS.contains(state);
  }

  boolean isWaiting() {
    return state == null || state == RequestState.ADMITTED;
  }

  void write(ObjectNode out) {
    out.put("id", id).put("state", state == null ? "SENT" : state.name());
    out.put("images", images).put("done", done).put("tenant", tenant);
    out.put("cancelling", cancelAsked && !hasEnded());
    put(out, "sentAt", sentAt);
    put(out, "admittedAt", admittedAt);
    put(out, "begunAt", begunAt);
    put(out, "endedAt", endedAt);
    put(out, "expectedAt", hasEnded() ? null : expectedAt);
    out.put("reason", reason).put("message", message);
    if (asked != null) {
      out.setAll(asked);
    }
  }

  private static ObjectNode describe(GenerationRequest asked) {
    ObjectNode out = JsonNodeFactory.instance.objectNode();
    out.put("model", shortened(asked.getModel())).put("sampler", shortened(asked.getSampler()));
    out.put("steps", asked.getSteps()).put("guidance", asked.getGuidanceScale());
    out.put("seed", Long.toString(asked.getSeed())); // JavaScript rounds large numbers
    out.put("perLabel", asked.getImagesPerLabel()).put("priority", asked.getPriority());
    out.put("previewEvery", asked.getPreviewEvery());
    out.put("format", shortened(asked.getImageFormat()));
    out.put("width", asked.getWidth()).put("height", asked.getHeight());
    ArrayNode labels = out.putArray("labels");
    asked.getLabels().stream().limit(LABELS_SHOWN).forEach(label -> labels.add(label.toString()));
    asked.getClassNames().stream()
        .limit(LABELS_SHOWN - labels.size())
        .forEach(name -> labels.add(shortened(name)));
    out.put("labelCount", asked.getLabels().size() + asked.getClassNames().size());
    return out;
  }

  static String shortened(String text) {
    return text == null || text.length() <= LONGEST ? text : text.substring(0, LONGEST) + "…";
  }

  private static void put(ObjectNode out, String name, Instant time) {
    if (time != null) {
      out.put(name, time.toEpochMilli());
    }
  }
}
