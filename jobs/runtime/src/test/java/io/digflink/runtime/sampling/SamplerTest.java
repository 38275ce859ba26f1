package io.digflink.runtime.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.apache.commons.math3.stat.descriptive.DescriptiveStatistics;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Samplers against closed forms: of Bayes' rule for a step, of the flow of Gaussian data. */
class SamplerTest {
  private static final NoiseSchedule TRAINING = NoiseSchedule.linear(1000, 0.0001, 0.02);
  private static final Diffusion DIFFUSION = AnalyticDenoiser.model();
  private static final double DEVIATION = 0.5;
  private static final int LABEL = 7;

  @Test
  void ddpmDrawsFromThePosteriorOfBayesRule() {
    NoiseSchedule schedule = TRAINING.respaced(TimestepSpacing.UNIFORM.choose(1000, 50));
    DdpmSampler sampler = new DdpmSampler(schedule);
    double clean = 0.7;
    double x = -1.3;
    for (int place = 1; place < schedule.size(); place++) {
      double alphaCumprod = schedule.alphaCumprod(place);
      double previous = schedule.alphaCumprod(place - 1);
      double keep = alphaCumprod / previous;
      double priorPrecision = 1 / (1 - previous);
      double likelihoodPrecision = keep / (1 - keep);
      double variance = 1 / (priorPrecision + likelihoodPrecision);
      double mean =
          variance
              * (priorPrecision * Math.sqrt(previous) * clean
                  + likelihoodPrecision * x / Math.sqrt(keep));
      float epsilon = (float) ((x - Math.sqrt(alphaCumprod) * clean) / Math.sqrt(1 - alphaCumprod));
      // v = -1 is the posterior's variance, v = 1 is β, v = 0 their geometric mean.
      float[] latent = {(float) x, (float) x, (float) x};
      float[] epsilons = {epsilon, epsilon, epsilon};
      float[] interpolation = {-1, 1, 0};
      sampler.step(
          place, latent, new Prediction(epsilons, interpolation), new float[] {2, 2, 2}, null);

      double beta = 1 - keep;
      assertThat((double) latent[0]).isCloseTo(mean + 2 * Math.sqrt(variance), within(2e-5));
      assertThat((double) latent[1]).isCloseTo(mean + 2 * Math.sqrt(beta), within(2e-5));
      assertThat((double) latent[2])
          .isCloseTo(mean + 2 * Math.pow(variance * beta, 0.25), within(2e-5));
    }
  }

  @Test
  void ddpmTakesBetaWhereNoVarianceIsLearned() {
    DdpmSampler sampler = new DdpmSampler(TRAINING);
    float[] still = {1f};
    float[] noisy = {1f};
    sampler.step(700, still, new Prediction(new float[] {0.5f}, null), new float[] {0}, null);
    sampler.step(700, noisy, new Prediction(new float[] {0.5f}, null), new float[] {1}, null);

    assertThat((double) noisy[0] - still[0]).isCloseTo(Math.sqrt(TRAINING.beta(700)), within(1e-6));
  }

  @ParameterizedTest
  @EnumSource
  void endsAtTheOnlyImageOfADataSetOfOne(SamplerType type) {
    Trajectory trajectory = run(type, 20, 0, 0);

    for (int channel = 0; channel < 4; channel++) {
      assertThat((double) trajectory.latent()[channel * 64])
          .isCloseTo(AnalyticDenoiser.mean(LABEL, channel), within(1e-3));
    }
  }

  @Test
  void ddimFollowsTheProbabilityFlowMoreCloselyWithMoreSteps() {
    double coarse = flowError(SamplerType.DDIM, 50);
    double fine = flowError(SamplerType.DDIM, 500);

    assertThat(fine).isLessThan(0.01);
    assertThat(coarse / fine).as("first order: ten times the steps").isGreaterThan(5);
  }

  @Test
  void dpmSolverIsOfSecondOrder() {
    double coarse = flowError(SamplerType.DPM_SOLVER_PP_2M, 100);
    double fine = flowError(SamplerType.DPM_SOLVER_PP_2M, 400);

    assertThat(coarse / fine).as("four times the steps").isGreaterThan(10);
    assertThat(flowError(SamplerType.DPM_SOLVER_PP_2M, 20))
        .as("with few steps better than ddim")
        .isLessThan(flowError(SamplerType.DDIM, 20) / 2);
  }

  /** Largest distance from the exact flow of the noise, at equal timesteps. */
  private static double flowError(SamplerType type, int steps) {
    Trajectory begun = DIFFUSION.begin(spec(type, steps, 0));
    float[] noise = begun.latent().clone();
    Trajectory done = run(type, steps, 0, DEVIATION);
    NoiseSchedule schedule = TRAINING.respaced(TimestepSpacing.UNIFORM.choose(1000, steps));
    double largest = 0;
    for (int e = 0; e < noise.length; e++) {
      double exact = exactFlow(noise[e], AnalyticDenoiser.mean(LABEL, e / 64), schedule);
      largest = Math.max(largest, Math.abs(done.latent()[e] - exact));
    }
    return largest;
  }

  /** (x − αμ) / √(α²s² + σ²) does not change along the flow; the last step gives E[x_0 | x]. */
  private static double exactFlow(double noise, double mean, NoiseSchedule schedule) {
    double startAlpha = Math.sqrt(schedule.alphaCumprod(schedule.size() - 1));
    double invariant = (noise - startAlpha * mean) / spread(startAlpha);
    double alpha = Math.sqrt(schedule.alphaCumprod(0));
    double x = alpha * mean + spread(alpha) * invariant;
    double total = spread(alpha) * spread(alpha);
    return mean + alpha * DEVIATION * DEVIATION / total * (x - alpha * mean);
  }

  private static double spread(double alpha) {
    return Math.sqrt(alpha * alpha * DEVIATION * DEVIATION + 1 - alpha * alpha);
  }

  /** Five standard errors of 10,240 numbers. */
  @ParameterizedTest
  @EnumSource(names = {"DDPM", "DDIM"})
  void stochasticSamplersReproduceTheDistributionOfTheData(SamplerType type) {
    double eta = type == SamplerType.DDIM ? 1 : 0;
    DescriptiveStatistics statistics = new DescriptiveStatistics();
    for (int index = 0; index < 40; index++) {
      Trajectory trajectory = run(type, 500, eta, DEVIATION, index);
      for (int e = 0; e < trajectory.latent().length; e++) {
        statistics.addValue(trajectory.latent()[e] - AnalyticDenoiser.mean(LABEL, e / 64));
      }
    }
    assertThat(statistics.getMean()).isCloseTo(0, within(5 * DEVIATION / Math.sqrt(10_240)));
    assertThat(statistics.getStandardDeviation()).isCloseTo(DEVIATION, within(0.02));
  }

  private static Trajectory run(SamplerType type, int steps, double eta, double deviation) {
    return run(type, steps, eta, deviation, 0);
  }

  private static Trajectory run(
      SamplerType type, int steps, double eta, double deviation, int index) {
    TrajectorySpec spec = spec(type, steps, eta);
    Trajectory trajectory =
        DIFFUSION.begin(
            new TrajectorySpec(
                spec.seed(),
                index,
                LABEL,
                spec.shape(),
                type,
                steps,
                spec.spacing(),
                eta,
                Guidance.NONE));
    RowBatch batch = new RowBatch(2, spec.shape(), DIFFUSION);
    new AnalyticDenoiser(DIFFUSION, deviation).finish(batch, trajectory);
    return trajectory;
  }

  private static TrajectorySpec spec(SamplerType type, int steps, double eta) {
    return new TrajectorySpec(
        42,
        0,
        LABEL,
        new LatentShape(4, 8, 8),
        type,
        steps,
        TimestepSpacing.UNIFORM,
        eta,
        Guidance.NONE);
  }
}
