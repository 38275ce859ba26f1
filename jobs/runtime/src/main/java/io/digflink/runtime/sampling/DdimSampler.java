package io.digflink.runtime.sampling;

/**
 * DDIM (Song et al., arXiv 2010.02502, eq. 12 and 16): x_{i−1} = √ᾱ_{i−1} x_0 + √(1 − ᾱ_{i−1} − σ²)
 * ε + σ z with σ = η √((1 − ᾱ_{i−1}) / (1 − ᾱ_i)) √(1 − ᾱ_i / ᾱ_{i−1}).
 */
record DdimSampler(NoiseSchedule schedule, double eta) implements Sampler {

  @Override
  public boolean addsNoise(int place) {
    return eta > 0 && place > 0;
  }

  @Override
  public void step(
      int place, float[] latent, Prediction prediction, float[] noise, float[] history) {
    double alphaCumprod = schedule.alphaCumprod(place);
    double previous = schedule.alphaCumprod(place - 1);
    double sigma =
        eta
            * Math.sqrt((1 - previous) / (1 - alphaCumprod))
            * Math.sqrt(1 - alphaCumprod / previous);
    double scale = 1 / Math.sqrt(alphaCumprod);
    double noiseScale = Math.sqrt(1 / alphaCumprod - 1);
    double cleanCoefficient = Math.sqrt(previous);
    double direction = Math.sqrt(1 - previous - sigma * sigma);
    Vectors.combine(
        (float) (cleanCoefficient * scale),
        latent,
        (float) (direction - cleanCoefficient * noiseScale),
        prediction.epsilon());
    if (addsNoise(place)) {
      Vectors.combine(1, latent, (float) sigma, noise);
    }
  }
}
