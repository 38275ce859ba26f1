package io.digflink.jobs.denoise;

import io.digflink.jobs.request.ImageHeader;

/**
 * A clean latent on its way to the decoder.
 *
 * @param header what is known of the image
 * @param latent the latent as the denoiser leaves it, [C, H, W]
 */
public record DenoisedImage(ImageHeader header, float[] latent) {}
