package io.digflink.runtime.sampling;

/**
 * The network's output for one latent, guidance applied.
 *
 * @param epsilon predicted noise, [C, H, W]
 * @param variance where sigma is learned: v in [−1, 1], [C, H, W], that interpolates the log
 *     variance between the posterior's (−1) and β (1); else null
 */
record Prediction(float[] epsilon, float[] variance) {}
