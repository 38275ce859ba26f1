package io.digflink.jobs.admit;

import static io.digflink.jobs.request.RejectException.field;

import io.digflink.bundle.ModelManifest;
import io.digflink.jobs.request.AdmittedRequest;
import io.digflink.jobs.request.IncomingRecord;
import io.digflink.jobs.request.RejectException;
import io.digflink.runtime.model.Capabilities;
import io.digflink.runtime.model.ModelReference;
import io.digflink.runtime.model.UnservableException;
import io.digflink.schemas.GenerationRequest;
import io.digflink.schemas.RejectReason;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Checks every field of a request against the limits and the model that it names. */
final class RequestCheck {
  private static final int HIGHEST_PRIORITY = 9;
  private static final char REPLACEMENT = '\uFFFD';

  private final Map<String, Capabilities> models = new TreeMap<>();
  private final Limits limits;

  /**
   * @param models the models served, by name and by references to their versions
   */
  RequestCheck(Map<String, ModelManifest> models, Limits limits) {
    models.forEach(
        (name, model) ->
            this.models.put(
                name,
                Capabilities.of(model)
                    .within(limits.steps(), limits.guidanceScale(), limits.pixels())));
    this.limits = limits;
  }

  /**
   * Admits a request.
   *
   * @param now milliseconds since the epoch
   * @throws RejectException with the first field that is out of its range
   */
  AdmittedRequest admit(GenerationRequest request, IncomingRecord record, long now)
      throws RejectException {
    checkId(request.getRequestId());
    checkUtf8(request.getRequestId());
    checkQueueing(request);
    Capabilities model = model(request.getModel());
    try {
      AdmittedRequest admitted =
          AdmittedRequest.of(record, request, model, askedAt(request, record, now), now);
      checkImages(admitted);
      return admitted;
    } catch (UnservableException e) {
      throw RejectException.of(e);
    }
  }

  private void checkId(String id) throws RejectException {
    int bytes = id.getBytes(StandardCharsets.UTF_8).length;
    if (bytes < 1 || bytes > limits.requestIdBytes()) {
      throw field(
          "request_id",
          "\"" + id + "\" (" + bytes + " bytes)",
          "1 to " + limits.requestIdBytes() + " bytes of UTF-8");
    }
  }

  /**
   * Avro replaces bytes that are not UTF-8 by U+FFFD: answers would carry an id that nobody gave.
   */
  private static void checkUtf8(String id) throws RejectException {
    if (id.indexOf(REPLACEMENT) >= 0) {
      throw field("request_id", "\"" + id + "\"", "well-formed UTF-8 without U+FFFD");
    }
  }

  private void checkQueueing(GenerationRequest request) throws RejectException {
    String tenant = request.getTenant();
    if (tenant != null
        && tenant.getBytes(StandardCharsets.UTF_8).length > limits.requestIdBytes()) {
      throw field("tenant", tenant, "0 to " + limits.requestIdBytes() + " bytes of UTF-8, or none");
    }
    int priority = request.getPriority();
    if (priority < 0 || priority > HIGHEST_PRIORITY) {
      throw field("priority", priority, "0 to " + HIGHEST_PRIORITY);
    }
    if (request.getPreviewEvery() < 0) {
      throw field("preview_every", request.getPreviewEvery(), "0 (no previews) or more");
    }
  }

  private Capabilities model(String name) throws RejectException {
    Capabilities model = models.get(name);
    if (model == null) {
      throw field(
          RejectReason.UNKNOWN_MODEL,
          "model",
          "\"" + name + "\"",
          models.keySet().stream()
              .filter(known -> ModelReference.of(known).digest() == null)
              .collect(Collectors.joining(", ")));
    }
    return model;
  }

  private void checkImages(AdmittedRequest admitted) throws RejectException {
    int labels = admitted.labels().length;
    int most = limits.images() / Math.max(1, labels);
    int imagesPerLabel = admitted.request().getImagesPerLabel();
    if (imagesPerLabel < 1 || imagesPerLabel > most) {
      throw field(
          "images_per_label",
          imagesPerLabel,
          most < 1
              ? "at most " + limits.images() + " labels, found " + labels
              : "1 to " + most + " (" + limits.images() + " images per request)");
    }
  }

  /** When the client asked: its own time if given, else that of its record, if it has one. */
  private static long askedAt(GenerationRequest request, IncomingRecord record, long now) {
    if (request.getCreatedAt() != null) {
      return request.getCreatedAt().toEpochMilli();
    }
    return record.timestamp() >= 0 ? record.timestamp() : now;
  }
}
