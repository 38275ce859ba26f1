package io.digflink.runtime.sampling;

import java.util.Objects;

/**
 * All that one image depends on besides the model: the same specification gives the same latent,
 * bit for bit.
 *
 * @param seed seed of the request
 * @param index place of the image in its request; with the seed the key of its noise
 * @param label class index, the model's null class for an unconditional image, or null for a model
 *     without classes
 * @param shape shape of the latent
 * @param sampler how steps are taken
 * @param steps number of steps, at least 1
 * @param spacing which timesteps the steps visit
 * @param eta stochasticity of DDIM, 0 to 1; 0 for the others
 * @param guidance classifier-free guidance
 */
public record TrajectorySpec(
    long seed,
    int index,
    Integer label,
    LatentShape shape,
    SamplerType sampler,
    int steps,
    TimestepSpacing spacing,
    double eta,
    Guidance guidance) {
  public TrajectorySpec {
    Objects.requireNonNull(shape, "shape");
    Objects.requireNonNull(sampler, "sampler");
    Objects.requireNonNull(spacing, "spacing");
    Objects.requireNonNull(guidance, "guidance");
    if (index < 0) {
      throw new IllegalArgumentException("Expected an index of 0 or more, found " + index);
    }
    if (label != null && label < 0) {
      throw new IllegalArgumentException("Expected a label of 0 or more, found " + label);
    }
    if (steps < 1) {
      throw new IllegalArgumentException("Expected 1 step or more, found " + steps);
    }
    if (!(eta >= 0 && eta <= 1)) {
      throw new IllegalArgumentException("Expected an eta of 0 to 1, found " + eta);
    }
    if (eta != 0 && sampler != SamplerType.DDIM) {
      throw new IllegalArgumentException(
          "Only ddim has an eta, found eta " + eta + " with " + sampler.id());
    }
  }
}
