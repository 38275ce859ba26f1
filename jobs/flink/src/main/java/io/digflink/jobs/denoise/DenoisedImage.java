package io.digflink.jobs.denoise;

import io.digflink.jobs.request.AdmittedRequest;

/**
 * A clean latent on its way to the decoder.
 *
 * @param request the request that it belongs to
 * @param index place of the image in its request
 * @param latent the latent as the denoiser leaves it, [C, H, W]
 * @param startedAt when the first step began, in milliseconds since the epoch
 * @param finishedAt when the last step ended
 */
public record DenoisedImage(
    AdmittedRequest request, int index, float[] latent, long startedAt, long finishedAt) {}
