package io.digflink.jobs.device;

import io.digflink.runtime.sampling.LatentShape;

/**
 * What images must have in common to share a run.
 *
 * @param model name of the bundle
 * @param digest digest of the bundle: versions of a model share no run
 * @param latent shape of the latents
 */
public record BatchKey(String model, String digest, LatentShape latent) {}
