package io.digflink.jobs.admit;

import static io.digflink.jobs.request.RejectException.field;

import io.digflink.bundle.ModelManifest;
import io.digflink.jobs.request.AdmittedRequest;
import io.digflink.jobs.request.IncomingRecord;
import io.digflink.jobs.request.RejectException;
import io.digflink.runtime.image.ImageFormat;
import io.digflink.runtime.sampling.LatentShape;
import io.digflink.runtime.sampling.SamplerType;
import io.digflink.runtime.sampling.TimestepSpacing;
import io.digflink.schemas.GenerationRequest;
import io.digflink.schemas.RejectReason;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/** Checks every field of a request against the limits and the model that it names. */
final class RequestCheck {
  private static final char REPLACEMENT = '\uFFFD';

  private final Map<String, ModelManifest> models;
  private final Limits limits;

  /**
   * @param models the models served, by name
   */
  RequestCheck(Map<String, ModelManifest> models, Limits limits) {
    this.models = models;
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
    ModelManifest model = model(request.getModel());
    int[] labels = labels(request, model);
    checkImages(request, labels.length);
    checkSampling(request, model);
    checkGuidance(request, model);
    LatentShape latent = new SizeCheck(model, limits).latentOf(request);
    checkFormat(request);
    AdmittedRequest admitted =
        new AdmittedRequest(record.value(), record.source(), request, labels, latent, now);
    if (admitted.isExpired(now)) {
      throw field(
          RejectReason.DEADLINE_EXCEEDED,
          "deadline",
          request.getDeadline(),
          "a time after its admission");
    }
    return admitted;
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

  /** Avro puts U+FFFD where bytes are no UTF-8: answers would carry an id that nobody gave. */
  private static void checkUtf8(String id) throws RejectException {
    if (id.indexOf(REPLACEMENT) >= 0) {
      throw field("request_id", "\"" + id + "\"", "well-formed UTF-8 without U+FFFD");
    }
  }

  private ModelManifest model(String name) throws RejectException {
    ModelManifest model = models.get(name);
    if (model == null) {
      throw field(
          RejectReason.UNKNOWN_MODEL,
          "model",
          "\"" + name + "\"",
          String.join(", ", new TreeSet<>(models.keySet())));
    }
    return model;
  }

  private int[] labels(GenerationRequest request, ModelManifest model) throws RejectException {
    ModelManifest.Classes classes = model.classes();
    List<Integer> labels = new ArrayList<>(request.getLabels());
    if (classes == null) {
      requireNone("labels", request.getLabels(), model);
      requireNone("class_names", request.getClassNames(), model);
      return new int[0];
    }
    for (int label : labels) {
      if (label < 0 || label >= classes.count()) {
        throw field("labels", label, "0 to " + (classes.count() - 1));
      }
    }
    for (String name : request.getClassNames()) {
      labels.add(labelOf(name, classes));
    }
    if (labels.isEmpty()) {
      if (classes.nullClass() == null) {
        throw field(
            "labels",
            "[]",
            "at least one label: " + model.name() + " was trained without unconditional images");
      }
      labels.add(classes.nullClass());
    }
    return labels.stream().mapToInt(Integer::intValue).toArray();
  }

  private static void requireNone(String field, List<?> values, ModelManifest model)
      throws RejectException {
    if (!values.isEmpty()) {
      throw field(field, values, "none: " + model.name() + " has no classes");
    }
  }

  private static int labelOf(String name, ModelManifest.Classes classes) throws RejectException {
    return classes
        .labelOf(name)
        .orElseThrow(
            () ->
                field(
                    "class_names",
                    "\"" + name + "\"",
                    classes.names() == null
                        ? "none: the bundle has no class names, use labels"
                        : String.join(", ", classes.names())));
  }

  private void checkImages(GenerationRequest request, int labels) throws RejectException {
    int most = limits.images() / Math.max(1, labels);
    if (request.getImagesPerLabel() < 1 || request.getImagesPerLabel() > most) {
      throw field(
          "images_per_label",
          request.getImagesPerLabel(),
          most < 1
              ? "at most " + limits.images() + " labels, found " + labels
              : "1 to " + most + " (" + limits.images() + " images a request)");
    }
  }

  private void checkSampling(GenerationRequest request, ModelManifest model)
      throws RejectException {
    int timesteps = model.schedule().timesteps();
    int most = Math.min(limits.steps(), timesteps);
    if (request.getSteps() < 1 || request.getSteps() > most) {
      throw field("steps", request.getSteps(), "1 to " + most);
    }
    SamplerType sampler;
    try {
      sampler = SamplerType.of(request.getSampler());
    } catch (IllegalArgumentException e) {
      throw field("sampler", "\"" + request.getSampler() + "\"", SamplerType.ids());
    }
    try {
      TimestepSpacing.of(request.getTimestepSpacing()).choose(timesteps, request.getSteps());
    } catch (IllegalArgumentException e) {
      throw field("timestep_spacing", "\"" + request.getTimestepSpacing() + "\"", e.getMessage());
    }
    Double eta = request.getEta();
    if (eta != null && !(eta >= 0 && eta <= (sampler == SamplerType.DDIM ? 1 : 0))) {
      throw field("eta", eta, "0 to 1 with ddim, else 0 or none");
    }
  }

  private void checkGuidance(GenerationRequest request, ModelManifest model)
      throws RejectException {
    double scale = request.getGuidanceScale();
    if (!(scale >= 1 && scale <= limits.guidanceScale())) {
      throw field("guidance_scale", scale, "1 to " + limits.guidanceScale());
    }
    if (scale != 1 && (model.classes() == null || model.classes().nullClass() == null)) {
      throw field("guidance_scale", scale, "1: " + model.name() + " has no unconditional class");
    }
    if (!(request.getGuidanceFrom() >= 0 && request.getGuidanceFrom() <= 1)) {
      throw field("guidance_from", request.getGuidanceFrom(), "0 to 1");
    }
    if (!(request.getGuidanceTo() >= request.getGuidanceFrom() && request.getGuidanceTo() <= 1)) {
      throw field("guidance_to", request.getGuidanceTo(), "guidance_from to 1");
    }
  }

  private static void checkFormat(GenerationRequest request) throws RejectException {
    ImageFormat format;
    try {
      format = ImageFormat.of(request.getImageFormat());
    } catch (IllegalArgumentException e) {
      throw field("image_format", "\"" + request.getImageFormat() + "\"", "png, jpeg");
    }
    Integer quality = request.getJpegQuality();
    if (quality != null && (format != ImageFormat.JPEG || quality < 1 || quality > 100)) {
      throw field("jpeg_quality", quality, "1 to 100 with jpeg, else none");
    }
  }
}
