package io.digflink.lab.bench.quality;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class SettingTest {
  @Test
  void readsTheShortAndTheLongForm() {
    assertThat(Setting.of("dpm++:20:3").family()).isEqualTo("dpm++, guidance 3.0");
    Setting full = Setting.of("ddim:50:1.5:ddim:0.2-0.8");
    assertThat(full.family()).isEqualTo("ddim, guidance 1.5, ddim in 0.2-0.8");
    assertThat(full.steps()).isEqualTo(50);
  }

  @Test
  void refusesWhatIsNoSetting() {
    assertThatThrownBy(() -> Setting.of("dpm++:20"))
        .hasMessage("Expected SAMPLER:STEPS:GUIDANCE[:SPACING[:FROM-TO]], found dpm++:20");
    assertThatThrownBy(() -> Setting.of("dpm++:many:3")).hasMessageContaining("found dpm++:many:3");
    assertThatThrownBy(() -> Setting.of("dpm++:20:3:uniform:0.5"))
        .hasMessage("Expected FROM-TO such as 0.2-0.8, found 0.5");
  }

  /** For one dimension the distance is (μ₁ − μ₂)² + (σ₁ − σ₂)². */
  @Test
  void distanceOfGaussiansOfOneDimension() {
    Statistics narrow = Statistics.of(new float[][] {{-1}, {0}, {1}}); // mean 0, σ 1
    Statistics wide = Statistics.of(new float[][] {{-1}, {2}, {5}}); // mean 2, σ 3
    assertThat(narrow.distanceTo(wide)).isCloseTo(8, within(1e-9));
    assertThat(narrow.distanceTo(narrow)).isCloseTo(0, within(1e-9));
  }
}
