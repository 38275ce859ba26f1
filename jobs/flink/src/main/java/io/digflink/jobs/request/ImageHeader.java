package io.digflink.jobs.request;

import io.digflink.runtime.image.ImageEncoder;
import io.digflink.runtime.image.ImageFormat;
import io.digflink.runtime.sampling.LatentShape;
import io.digflink.runtime.sampling.SamplerType;
import io.digflink.runtime.sampling.TimestepSpacing;
import io.digflink.schemas.GenerationRequest;

/**
 * What an image takes along from its request: as much as its decoding and its record need. Times
 * are in milliseconds since the epoch.
 *
 * @param requestId the client's name for the request
 * @param source where the request came from
 * @param index place of the image in its request
 * @param images images of the request
 * @param model name of the bundle
 * @param bundleDigest digest of the bundle that made the latent; null if it came from the state of
 *     the first release, which did not keep it
 * @param label class index, the null class for an unconditional image; null for a model without
 *     classes
 * @param seed seed of the request
 * @param sampler the sampler's name
 * @param steps denoising steps
 * @param timestepSpacing name of the timestep spacing
 * @param eta stochasticity of ddim; 0 for the other samplers
 * @param guidanceScale scale that guided the image; 1 if nothing did
 * @param guidanceChannels channels that guidance acts on, as requests name them
 * @param guidanceFrom lower end of the guided interval
 * @param guidanceTo upper end of the guided interval
 * @param latent shape of the latent
 * @param format the image format's name
 * @param quality quality of a lossy image file
 * @param askedAt when the client asked for it
 * @param admittedAt when the request was admitted
 * @param startedAt when the first step began
 * @param finishedAt when the last step ended
 * @param headers headers of the request's record that its answers repeat, encoded
 */
public record ImageHeader(
    String requestId,
    String source,
    int index,
    int images,
    String model,
    String bundleDigest,
    Integer label,
    long seed,
    String sampler,
    int steps,
    String timestepSpacing,
    double eta,
    double guidanceScale,
    String guidanceChannels,
    double guidanceFrom,
    double guidanceTo,
    LatentShape latent,
    String format,
    int quality,
    long askedAt,
    long admittedAt,
    long startedAt,
    long finishedAt,
    byte[] headers) {

  /** The header of an image that has been denoised. */
  public static ImageHeader of(
      Portion portion,
      int index,
      String bundleDigest,
      double guidanceScale,
      long startedAt,
      long finishedAt) {
    GenerationRequest request = portion.request();
    Integer quality = request.getJpegQuality();
    return new ImageHeader(
        portion.requestId(),
        portion.source(),
        index,
        portion.images(),
        request.getModel(),
        bundleDigest,
        portion.labelOf(index),
        request.getSeed(),
        SamplerType.of(request.getSampler()).id(),
        request.getSteps(),
        TimestepSpacing.of(request.getTimestepSpacing()).id(),
        request.getEta() == null ? 0 : request.getEta(),
        guidanceScale,
        request.getGuidanceChannels().name(),
        request.getGuidanceFrom(),
        request.getGuidanceTo(),
        portion.latent(),
        ImageFormat.of(request.getImageFormat()).id(),
        quality == null ? ImageEncoder.DEFAULT_QUALITY : quality,
        portion.askedAt(),
        portion.admittedAt(),
        startedAt,
        finishedAt,
        portion.headers());
  }
}
