package io.digflink.runtime.noise;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.digflink.runtime.noise.GaussianNoise.Purpose;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import org.apache.commons.math3.distribution.NormalDistribution;
import org.apache.commons.math3.stat.correlation.PearsonsCorrelation;
import org.apache.commons.math3.stat.descriptive.DescriptiveStatistics;
import org.apache.commons.math3.stat.inference.KolmogorovSmirnovTest;
import org.junit.jupiter.api.Test;

class GaussianNoiseTest {

  /** Made by ten lines of Python with the recipe of the class's documentation. */
  @Test
  void followsTheDocumentedRecipe() {
    assertThat(draw(0x123456789ABCDEF0L, 3, Purpose.STEP, 5, 7))
        .containsExactly(
            -2.1355957984924316f,
            -0.3899269104003906f,
            0.0645376518368721f,
            0.6761918663978577f,
            0.23671936988830566f,
            0.6606196761131287f,
            -0.46990087628364563f);
    assertThat(draw(-1, 0, Purpose.INITIAL, 0, 3))
        .containsExactly(1.0985957384109497f, 0.6323022246360779f, 0.645859956741333f);
  }

  @Test
  void drawsTheSameElementsWhateverTheLength() {
    float[] whole = draw(1, 2, Purpose.STEP, 3, 64);
    for (int length = 0; length < whole.length; length++) {
      assertThat(draw(1, 2, Purpose.STEP, 3, length)).isEqualTo(Arrays.copyOf(whole, length));
    }
  }

  /** Bounds of five standard errors of each moment of 400,000 normal numbers. */
  @Test
  void hasTheMomentsOfTheNormalDistribution() {
    DescriptiveStatistics statistics = new DescriptiveStatistics(doubles(4711, 400_000));
    assertThat(statistics.getMean()).isCloseTo(0, within(0.008));
    assertThat(statistics.getVariance()).isCloseTo(1, within(0.0112));
    assertThat(statistics.getSkewness()).isCloseTo(0, within(0.0194));
    assertThat(statistics.getKurtosis()).isCloseTo(0, within(0.0388));
  }

  @Test
  void passesTheKolmogorovSmirnovTest() {
    KolmogorovSmirnovTest test = new KolmogorovSmirnovTest();
    NormalDistribution normal = new NormalDistribution();
    for (long seed : new long[] {0, 1, -1, Long.MIN_VALUE}) {
      assertThat(test.kolmogorovSmirnovTest(normal, doubles(seed, 50_000))).isGreaterThan(0.001);
    }
  }

  @Test
  void drawsUncorrelatedNumbersForNeighboursInEachKey() {
    double[] base = doubles(draw(10, 4, Purpose.STEP, 6, 100_000));
    double[][] neighbours = {
      doubles(draw(11, 4, Purpose.STEP, 6, 100_000)),
      doubles(draw(10 + (1L << 32), 4, Purpose.STEP, 6, 100_000)),
      doubles(draw(10, 5, Purpose.STEP, 6, 100_000)),
      doubles(draw(10, 4, Purpose.STEP, 7, 100_000)),
      doubles(draw(10, 4, Purpose.INITIAL, 6, 100_000)),
      Arrays.copyOfRange(doubles(draw(10, 4, Purpose.STEP, 6, 100_001)), 1, 100_001),
    };
    for (double[] neighbour : neighbours) {
      assertThat(new PearsonsCorrelation().correlation(base, neighbour))
          .isCloseTo(0, within(5 / Math.sqrt(100_000)));
    }
  }

  @Test
  void repeatsNoNumberWithinADraw() {
    Set<Float> seen = new HashSet<>();
    float[] values = draw(3, 0, Purpose.INITIAL, 0, 4096);
    for (float value : values) {
      seen.add(value);
    }
    assertThat(seen).hasSizeGreaterThan(4090);
  }

  private static float[] draw(long seed, int index, Purpose purpose, int step, int length) {
    float[] values = new float[length];
    new GaussianNoise(seed, index).fill(purpose, step, values);
    return values;
  }

  private static double[] doubles(long seed, int length) {
    return doubles(draw(seed, 0, Purpose.INITIAL, 0, length));
  }

  private static double[] doubles(float[] values) {
    double[] converted = new double[values.length];
    for (int i = 0; i < values.length; i++) {
      converted[i] = values[i];
    }
    return converted;
  }
}
