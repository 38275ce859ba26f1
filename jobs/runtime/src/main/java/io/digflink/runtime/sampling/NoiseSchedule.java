package io.digflink.runtime.sampling;

import java.util.Arrays;

/**
 * The forward process q(x_t | x_0) = N(√ᾱ_t x_0, (1 − ᾱ_t) I) in double precision.
 *
 * <p>Either that of training, with all T timesteps, or one respaced to those that a sampler visits:
 * its betas are 1 − ᾱ_i / ᾱ_{i−1} over the visited timesteps.
 */
public final class NoiseSchedule {
  private final int[] timesteps;
  private final double[] alphasCumprod;

  private NoiseSchedule(int[] timesteps, double[] alphasCumprod) {
    this.timesteps = timesteps;
    this.alphasCumprod = alphasCumprod;
  }

  /**
   * The schedule of training whose β goes from betaStart to betaEnd in equal steps.
   *
   * @param timesteps T, at least 2
   */
  public static NoiseSchedule linear(int timesteps, double betaStart, double betaEnd) {
    double[] alphasCumprod = new double[timesteps];
    int[] all = new int[timesteps];
    double product = 1;
    double stride = (betaEnd - betaStart) / (timesteps - 1);
    for (int t = 0; t < timesteps; t++) {
      double beta = t == timesteps - 1 ? betaEnd : betaStart + t * stride;
      product *= 1 - beta;
      alphasCumprod[t] = product;
      all[t] = t;
    }
    return new NoiseSchedule(all, alphasCumprod);
  }

  /** The schedule over some of this one's timesteps, ascending. */
  public NoiseSchedule respaced(int[] visited) {
    int[] kept = new int[visited.length];
    double[] keptAlphas = new double[visited.length];
    for (int i = 0; i < visited.length; i++) {
      kept[i] = timesteps[visited[i]];
      keptAlphas[i] = alphasCumprod[visited[i]];
    }
    return new NoiseSchedule(kept, keptAlphas);
  }

  /** Number of timesteps of this schedule. */
  public int size() {
    return timesteps.length;
  }

  /** Training timestep of place i; the denoiser is given this one. */
  public int timestep(int i) {
    return timesteps[i];
  }

  /** Training timesteps, ascending. */
  public int[] timesteps() {
    return Arrays.copyOf(timesteps, timesteps.length);
  }

  /** ᾱ of place i; 1 at place −1, where there is no noise. */
  public double alphaCumprod(int i) {
    return i < 0 ? 1 : alphasCumprod[i];
  }

  /** β of place i. */
  public double beta(int i) {
    return 1 - alphaCumprod(i) / alphaCumprod(i - 1);
  }

  /** Variance of q(x_{i−1} | x_i, x_0). */
  public double posteriorVariance(int i) {
    return beta(i) * (1 - alphaCumprod(i - 1)) / (1 - alphaCumprod(i));
  }
}
