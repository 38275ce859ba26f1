package io.digflink.jobs.request;

import io.digflink.runtime.image.ImageFormat;
import io.digflink.runtime.model.Capabilities;
import io.digflink.runtime.model.UnservableException;
import io.digflink.runtime.sampling.LatentShape;
import io.digflink.runtime.sampling.SamplerType;
import io.digflink.runtime.sampling.TimestepSpacing;
import io.digflink.schemas.GenerationRequest;

/**
 * A request that can be served, with what admission worked out.
 *
 * @param original the record as it came, for a later reject
 * @param source where it came from
 * @param request the record's content
 * @param labels class index of every label of the request, in its order, the null class for an
 *     unconditional image; empty for a model without classes
 * @param latent shape of the latents
 * @param askedAt when the client asked for it, in milliseconds since the epoch: created_at of the
 *     request, else the time of its record
 * @param admittedAt when it was admitted
 * @param headers headers of the record that its answers repeat, encoded
 * @param tenant whose share of the service it counts towards; empty for none
 */
public record AdmittedRequest(
    byte[] original,
    String source,
    GenerationRequest request,
    int[] labels,
    LatentShape latent,
    long askedAt,
    long admittedAt,
    byte[] headers,
    String tenant) {

  /**
   * Admits a request to a model.
   *
   * @throws UnservableException with what the model cannot do
   */
  public static AdmittedRequest of(
      IncomingRecord record,
      GenerationRequest request,
      Capabilities model,
      long askedAt,
      long admittedAt)
      throws UnservableException {
    int[] labels = model.labels(request.getLabels(), request.getClassNames());
    check(request, model);
    return new AdmittedRequest(
        record.value(),
        record.source(),
        request,
        labels,
        model.latentOf(request.getHeight(), request.getWidth()),
        askedAt,
        admittedAt,
        record.headers(),
        tenantOf(request, record));
  }

  /** Checks all but the labels. */
  static void check(GenerationRequest request, Capabilities model) throws UnservableException {
    SamplerType sampler = Capabilities.sampler(request.getSampler());
    TimestepSpacing spacing = Capabilities.spacing(request.getTimestepSpacing());
    model.checkSteps(request.getSteps(), spacing);
    Capabilities.checkEta(request.getEta(), sampler);
    model.checkGuidance(request.getGuidanceScale());
    Capabilities.checkGuidanceInterval(request.getGuidanceFrom(), request.getGuidanceTo());
    model.latentOf(request.getHeight(), request.getWidth());
    ImageFormat format = Capabilities.format(request.getImageFormat());
    Capabilities.checkQuality(request.getJpegQuality(), format);
  }

  private static String tenantOf(GenerationRequest request, IncomingRecord record) {
    return request.getTenant() == null ? record.tenantOfKey() : request.getTenant();
  }

  /** The client's name for it. */
  public String id() {
    return request.getRequestId();
  }

  /** Images of the request. */
  public int images() {
    return Math.max(1, labels.length) * request.getImagesPerLabel();
  }

  /** Label of an image of the request; null for a model without classes. */
  public Integer labelOf(int index) {
    return labels.length == 0 ? null : labels[index / request.getImagesPerLabel()];
  }

  /** Whether its deadline has passed. */
  public boolean isExpired(long now) {
    return request.getDeadline() != null && now > request.getDeadline().toEpochMilli();
  }
}
