package io.digflink.runtime.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class NoiseScheduleTest {
  private static final NoiseSchedule LINEAR = NoiseSchedule.linear(1000, 0.0001, 0.02);

  /** Values of numpy: cumprod(1 - linspace(1e-4, 2e-2, 1000)) in float64. */
  @Test
  void multipliesUpTheLinearBetas() {
    assertThat(LINEAR.alphaCumprod(-1)).isEqualTo(1);
    assertThat(LINEAR.alphaCumprod(0)).isCloseTo(0.9999, within(1e-15));
    assertThat(LINEAR.alphaCumprod(500)).isCloseTo(0.07779665836502389, within(1e-14));
    assertThat(LINEAR.alphaCumprod(999)).isCloseTo(4.035829765375676e-05, within(1e-16));
    assertThat(LINEAR.beta(999)).isCloseTo(0.02, within(1e-12));
  }

  @Test
  void keepsTheMarginalsWhenRespaced() {
    NoiseSchedule respaced = LINEAR.respaced(new int[] {0, 500, 999});

    assertThat(respaced.size()).isEqualTo(3);
    assertThat(respaced.timesteps()).containsExactly(0, 500, 999);
    assertThat(respaced.timestep(1)).isEqualTo(500);
    double product = 1;
    for (int i = 0; i < 3; i++) {
      product *= 1 - respaced.beta(i);
      assertThat(product).isCloseTo(LINEAR.alphaCumprod(respaced.timestep(i)), within(1e-15));
    }
  }

  /** Precision of x_{i−1} given x_i and x_0 is the sum of those of its prior and its likelihood. */
  @Test
  void hasThePosteriorVarianceOfBayesRule() {
    for (int i = 1; i < 1000; i++) {
      double prior = 1 - LINEAR.alphaCumprod(i - 1);
      double likelihood = LINEAR.beta(i) / (1 - LINEAR.beta(i));
      assertThat(LINEAR.posteriorVariance(i))
          .isCloseTo(1 / (1 / prior + 1 / likelihood), within(1e-13));
    }
    assertThat(LINEAR.posteriorVariance(0)).isZero();
  }
}
