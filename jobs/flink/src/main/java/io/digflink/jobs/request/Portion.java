package io.digflink.jobs.request;

import io.digflink.runtime.model.Capabilities;
import io.digflink.runtime.model.UnservableException;
import io.digflink.runtime.sampling.Guidance;
import io.digflink.runtime.sampling.LatentShape;
import io.digflink.runtime.sampling.SamplerType;
import io.digflink.runtime.sampling.TimestepSpacing;
import io.digflink.runtime.sampling.TrajectorySpec;
import io.digflink.schemas.GenerationRequest;
import java.util.Arrays;
import java.util.List;

/**
 * Images of a request that are next to each other: what one subtask of Denoise takes at a time. It
 * has all that the images depend on; the request's record stays behind.
 *
 * @param request the request's content without its labels
 * @param source where the request came from
 * @param tenant whose share of the service it counts towards; empty for none
 * @param images images of the whole request
 * @param from index of the first image
 * @param to index after the last image
 * @param labels class index of each image, the null class for an unconditional one; empty for a
 *     model without classes
 * @param isUnconditional whether no label was asked for
 * @param latent shape of the latents
 * @param askedAt when the client asked for it, in milliseconds since the epoch
 * @param admittedAt when it was admitted
 * @param headers headers of the record that its answers repeat, encoded
 * @param bundleDigest digest of the bundle that the request was admitted to, which makes all its
 *     images; empty in state of a release before portions for what has not begun
 */
public record Portion(
    GenerationRequest request,
    String source,
    String tenant,
    int images,
    int from,
    int to,
    int[] labels,
    boolean isUnconditional,
    LatentShape latent,
    long askedAt,
    long admittedAt,
    byte[] headers,
    String bundleDigest) {

  /** Some images of a request that a bundle is to make. */
  public static Portion of(AdmittedRequest admitted, String bundleDigest, int from, int to) {
    int[] labels = new int[admitted.labels().length == 0 ? 0 : to - from];
    Arrays.setAll(labels, i -> admitted.labelOf(from + i));
    GenerationRequest request = admitted.request();
    boolean isUnconditional = request.getLabels().isEmpty() && request.getClassNames().isEmpty();
    return new Portion(
        withoutLabels(request),
        admitted.source(),
        admitted.tenant(),
        admitted.images(),
        from,
        to,
        labels,
        isUnconditional,
        admitted.latent(),
        admitted.askedAt(),
        admitted.admittedAt(),
        admitted.headers(),
        bundleDigest);
  }

  private static GenerationRequest withoutLabels(GenerationRequest request) {
    return GenerationRequest.newBuilder(request)
        .setLabels(List.of())
        .setClassNames(List.of())
        .build();
  }

  /**
   * The same images of another bundle.
   *
   * @throws UnservableException with what that one cannot do
   */
  public Portion readmitted(Capabilities model, String digest) throws UnservableException {
    List<Integer> asked =
        isUnconditional ? List.of() : Arrays.stream(labels).boxed().distinct().toList();
    int[] known = model.labels(asked, List.of());
    AdmittedRequest.check(request, model);
    int[] again = labels.clone();
    if (isUnconditional) {
      again = new int[known.length == 0 ? 0 : to - from];
      Arrays.fill(again, known.length == 0 ? 0 : known[0]);
    }
    return new Portion(
        request,
        source,
        tenant,
        images,
        from,
        to,
        again,
        isUnconditional,
        model.latentOf(request.getHeight(), request.getWidth()),
        askedAt,
        admittedAt,
        headers,
        digest);
  }

  /** The client's name for the request. */
  public String requestId() {
    return request.getRequestId();
  }

  /** Tells the portion from all others, also those of requests with the same name. */
  public String key() {
    return from == 0 ? requestId() : requestId() + "#" + from;
  }

  /** Images of the portion. */
  public int size() {
    return to - from;
  }

  /** Work of one image: values that the denoiser computes, over all its steps. */
  public long cost() {
    int rows = request.getGuidanceScale() > 1 && !isUnconditional ? 2 : 1;
    return (long) request.getSteps() * rows * latent.size();
  }

  /** Label of an image; null for a model without classes. */
  public Integer labelOf(int index) {
    return labels.length == 0 ? null : labels[index - from];
  }

  /** Whether its deadline has passed. */
  public boolean isExpired(long now) {
    return request.getDeadline() != null && now > request.getDeadline().toEpochMilli();
  }

  /** All that an image depends on. */
  public TrajectorySpec spec(int index) {
    GenerationRequest r = request;
    Guidance guidance =
        new Guidance(
            r.getGuidanceScale(),
            Guidance.Channels.valueOf(r.getGuidanceChannels().name()),
            r.getGuidanceFrom(),
            r.getGuidanceTo());
    return new TrajectorySpec(
        r.getSeed(),
        index,
        labelOf(index),
        latent,
        SamplerType.of(r.getSampler()),
        r.getSteps(),
        TimestepSpacing.of(r.getTimestepSpacing()),
        r.getEta() == null ? 0 : r.getEta(),
        guidance);
  }
}
