package io.digflink.runtime.sampling;

/**
 * DPM-Solver++(2M), the second-order multistep solver of the probability-flow ODE on the predicted
 * x_0 (Lu et al., arXiv 2211.01095, algorithm 2). With α = √ᾱ, σ = √(1 − ᾱ), λ = ln(α/σ), h =
 * λ_{i−1} − λ_i and r = (λ_i − λ_{i+1}) / h:
 *
 * <pre>
 *   D = (1 + 1/(2r)) x_0(i) − 1/(2r) x_0(i+1)
 *   x_{i−1} = σ_{i−1}/σ_i · x_i − α_{i−1} (e^{−h} − 1) D
 * </pre>
 *
 * <p>The first step has no predecessor and is of first order (D = x_0). So is the step to place 0:
 * with evenly spaced timesteps λ jumps there by more than twice the step before, which
 * extrapolation does not survive ("lower order final" in the authors' code). The last step ends at
 * σ = 0, where h is infinite, and gives the predicted x_0.
 */
record DpmSolverPlusPlusSampler(NoiseSchedule schedule) implements Sampler {

  @Override
  public boolean addsNoise(int place) {
    return false;
  }

  @Override
  public boolean hasHistory() {
    return true;
  }

  @Override
  public void step(
      int place, float[] latent, Prediction prediction, float[] noise, float[] history) {
    double alpha = alpha(place);
    double sigma = sigma(place);
    double nextSigma = place == 0 ? 0 : sigma(place - 1);
    double noisyCoefficient = nextSigma / sigma;
    // α' (1 − e^{−h}), with e^{−h} = (α σ') / (σ α')
    double cleanCoefficient = alpha(place - 1) - alpha * nextSigma / sigma;
    double extrapolation = extrapolation(place);
    float[] clean = prediction.epsilon();
    Vectors.combine((float) (-sigma / alpha), clean, (float) (1 / alpha), latent);
    Vectors.combine(
        (float) noisyCoefficient, latent, (float) (cleanCoefficient * (1 + extrapolation)), clean);
    if (extrapolation != 0) {
      Vectors.combine(1, latent, (float) (-cleanCoefficient * extrapolation), history);
    }
    System.arraycopy(clean, 0, history, 0, clean.length);
  }

  /** 1/(2r), or 0 for a step of first order. */
  private double extrapolation(int place) {
    boolean first = place == schedule.size() - 1;
    if (first || place <= 1) {
      return 0;
    }
    double step = lambda(place - 1) - lambda(place);
    double previousStep = lambda(place) - lambda(place + 1);
    return 0.5 * step / previousStep;
  }

  private double alpha(int place) {
    return Math.sqrt(schedule.alphaCumprod(place));
  }

  private double sigma(int place) {
    return Math.sqrt(1 - schedule.alphaCumprod(place));
  }

  private double lambda(int place) {
    return StrictMath.log(alpha(place) / sigma(place));
  }
}
