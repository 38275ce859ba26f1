package io.digflink.jobs.device;

import io.digflink.runtime.sampling.LatentShape;

/**
 * What images must have in common to share a run.
 *
 * @param model name of the bundle
 * @param latent shape of the latents
 */
public record BatchKey(String model, LatentShape latent) {}
