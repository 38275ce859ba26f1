package io.digflink.runtime.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class TimestepSpacingTest {

  @Test
  void spreadsUniformlyFromTheFirstToTheLastTimestep() {
    assertThat(TimestepSpacing.UNIFORM.choose(1000, 10))
        .containsExactly(0, 111, 222, 333, 444, 555, 666, 777, 888, 999);
    assertThat(TimestepSpacing.UNIFORM.choose(1000, 7))
        .as("166.5 and 499.5 are rounded to even")
        .containsExactly(0, 166, 333, 500, 666, 832, 999);
    assertThat(TimestepSpacing.UNIFORM.choose(1000, 1)).containsExactly(0);
    assertThat(TimestepSpacing.UNIFORM.choose(1000, 1000)).hasSize(1000).endsWith(998, 999);
  }

  @Test
  void stridesAsDdimDoes() {
    assertThat(TimestepSpacing.DDIM.choose(1000, 10))
        .containsExactly(0, 100, 200, 300, 400, 500, 600, 700, 800, 900);
    assertThat(TimestepSpacing.DDIM.choose(1000, 3)).containsExactly(0, 334, 668);
    assertThat(TimestepSpacing.DDIM.choose(1000, 1000)).hasSize(1000).startsWith(0, 1);
  }

  @Test
  void visitsEachTimestepOnceInOrderForEveryNumberOfSteps() {
    for (int steps = 1; steps <= 1000; steps++) {
      assertThat(TimestepSpacing.UNIFORM.choose(1000, steps))
          .hasSize(steps)
          .isSorted()
          .doesNotHaveDuplicates();
    }
  }

  @Test
  void namesTheNearestPossibleNumbersWhereNoStrideFits() {
    assertThatThrownBy(() -> TimestepSpacing.DDIM.choose(1000, 300))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "No integer stride visits exactly 300 of 1000 timesteps: take 250 or 334 steps, or the"
                + " uniform spacing");
  }

  @Test
  void knowsWhichNumbersOfStepsItCanTake() {
    assertThat(TimestepSpacing.DDIM.canTake(1000, 250)).isTrue();
    assertThat(TimestepSpacing.DDIM.canTake(1000, 300)).isFalse();
    assertThat(TimestepSpacing.UNIFORM.canTake(1000, 300)).isTrue();
    assertThat(TimestepSpacing.UNIFORM.canTake(1000, 1001)).isFalse();
    assertThat(TimestepSpacing.DDIM.nearest(1000, 1)).isEqualTo("2 steps");
  }

  @Test
  void namesIgnoreCase() {
    assertThat(TimestepSpacing.of("Uniform")).isEqualTo(TimestepSpacing.UNIFORM);
    assertThat(SamplerType.of("DPM++")).isEqualTo(SamplerType.DPM_SOLVER_PP_2M);
  }

  @Test
  void refusesNumbersOfStepsOutOfRange() {
    for (int steps : new int[] {Integer.MIN_VALUE, -1, 0, 1001, 1_000_000}) {
      assertThatThrownBy(() -> TimestepSpacing.UNIFORM.choose(1000, steps))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("Expected 1 to 1000 steps, found " + steps);
    }
  }

  @Test
  void refusesAnUnknownName() {
    assertThatThrownBy(() -> TimestepSpacing.of("log"))
        .hasMessage("Expected a timestep spacing of uniform, ddim, found \"log\"");
    assertThatThrownBy(() -> SamplerType.of("euler"))
        .hasMessage("Expected a sampler of ddpm, ddim, dpm++, found \"euler\"");
  }
}
