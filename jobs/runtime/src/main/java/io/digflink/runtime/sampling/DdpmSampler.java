package io.digflink.runtime.sampling;

/**
 * Ancestral sampling: x_{i−1} = μ(x_i, x_0) + σ_i z, with the posterior mean of Ho et al. (arXiv
 * 2006.11239, eq. 7) and, where it is learned, the variance of Nichol and Dhariwal (arXiv
 * 2102.09672, eq. 15); else σ² = β ("fixed large"). x_0 is not clipped.
 */
record DdpmSampler(NoiseSchedule schedule) implements Sampler {

  @Override
  public boolean addsNoise(int place) {
    return place > 0;
  }

  @Override
  public void step(
      int place, float[] latent, Prediction prediction, float[] noise, float[] history) {
    double alphaCumprod = schedule.alphaCumprod(place);
    double previous = schedule.alphaCumprod(place - 1);
    double beta = schedule.beta(place);
    double cleanCoefficient = beta * Math.sqrt(previous) / (1 - alphaCumprod);
    double noisyCoefficient = (1 - previous) * Math.sqrt(1 - beta) / (1 - alphaCumprod);
    double scale = 1 / Math.sqrt(alphaCumprod);
    double noiseScale = Math.sqrt(1 / alphaCumprod - 1);
    Vectors.combine(
        (float) (cleanCoefficient * scale + noisyCoefficient),
        latent,
        (float) (-cleanCoefficient * noiseScale),
        prediction.epsilon());
    if (addsNoise(place)) {
      addNoise(place, latent, prediction.variance(), noise);
    }
  }

  private void addNoise(int place, float[] latent, float[] variance, float[] noise) {
    if (variance == null) {
      Vectors.combine(1, latent, (float) Math.sqrt(schedule.beta(place)), noise);
      return;
    }
    double largest = StrictMath.log(schedule.beta(place));
    double smallest = StrictMath.log(schedule.posteriorVariance(place));
    for (int e = 0; e < latent.length; e++) {
      double fraction = (variance[e] + 1.0) / 2;
      double logVariance = fraction * largest + (1 - fraction) * smallest;
      latent[e] += (float) (StrictMath.exp(0.5 * logVariance) * noise[e]);
    }
  }
}
