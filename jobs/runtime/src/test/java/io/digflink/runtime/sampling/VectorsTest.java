package io.digflink.runtime.sampling;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class VectorsTest {
  @ParameterizedTest
  @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY})
  void oneValueAnywhereThatIsNotFiniteIsFound(float bad) {
    for (int length = 1; length < 20; length++) {
      for (int place = 0; place < length; place++) {
        float[] values = new float[length];
        values[place] = bad;
        assertThat(Vectors.areFinite(values)).as("%s at %s of %s", bad, place, length).isFalse();
      }
    }
  }

  @ParameterizedTest
  @ValueSource(floats = {0, -0f, 1, Float.MIN_VALUE, Float.MAX_VALUE, -Float.MAX_VALUE})
  void finiteValuesAreFiniteHoweverLarge(float value) {
    for (int length = 0; length < 20; length++) {
      float[] values = new float[length];
      Arrays.fill(values, value);
      assertThat(Vectors.areFinite(values)).isTrue();
    }
  }
}
