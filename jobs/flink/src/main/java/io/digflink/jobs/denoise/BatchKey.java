package io.digflink.jobs.denoise;

import io.digflink.runtime.sampling.LatentShape;

/**
 * What images must have in common to be in one run.
 *
 * @param model name of the bundle
 * @param latent shape of the latents
 */
record BatchKey(String model, LatentShape latent) {}
