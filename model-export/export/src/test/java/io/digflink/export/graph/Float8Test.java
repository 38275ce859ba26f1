package io.digflink.export.graph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class Float8Test {
  /** What bits mean, by the definition of e4m3fn. */
  static double value(int bits) {
    int exponent = bits >> 3 & 15;
    int mantissa = bits & 7;
    double size =
        exponent == 0 ? mantissa * Math.pow(2, -9) : (8 + mantissa) * Math.pow(2, exponent - 10.0);
    return (bits & 0x80) == 0 ? size : -size;
  }

  @Test
  void everyNumberKeepsItsBits() {
    for (int bits = 0; bits < 256; bits++) {
      if ((bits & 0x7f) != 0x7f) { // the one that is not a number
        assertThat(Float8.bits((float) value(bits)) & 0xff).as("%s", value(bits)).isEqualTo(bits);
      }
    }
  }

  @Test
  void aNumberBetweenTwoBecomesTheNearer() {
    for (int bits = 0; bits < 0x7e; bits++) {
      double low = value(bits);
      double high = value(bits + 1);
      assertThat(Float8.bits((float) (low + 0.49 * (high - low)))).isEqualTo((byte) bits);
      assertThat(Float8.bits((float) (low + 0.51 * (high - low)))).isEqualTo((byte) (bits + 1));
      int even = bits % 2 == 0 ? bits : bits + 1;
      assertThat(Float8.bits((float) ((low + high) / 2))).as("tie").isEqualTo((byte) even);
      assertThat(Float8.bits((float) (-(low + high) / 2)) & 0xff).isEqualTo(even | 0x80);
    }
  }

  @ParameterizedTest
  @ValueSource(floats = {448.1f, -449, Float.POSITIVE_INFINITY, Float.NaN})
  void whatItCannotHoldIsRefused(float value) {
    assertThatThrownBy(() -> Float8.bits(value))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("float8 holds at most 448.0, not " + value);
  }
}
