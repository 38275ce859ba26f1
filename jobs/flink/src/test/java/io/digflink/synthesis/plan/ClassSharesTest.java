package io.digflink.synthesis.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ClassSharesTest {
  @ParameterizedTest
  @CsvSource({"1,1", "1,10", "9,10", "10,10", "11,10", "200,10", "997,7", "1000,1000", "4096,3"})
  void balancedClassesDifferByOneImageAtMost(int images, int classes) {
    double[] weights = new double[classes];
    Arrays.fill(weights, 1);

    long[] counts = count(new ClassShares(images, weights), 0, images, classes);

    long least = LongStream.of(counts).min().orElseThrow();
    long most = LongStream.of(counts).max().orElseThrow();
    assertThat(most - least).isLessThanOrEqualTo(1);
    assertThat(LongStream.of(counts).sum()).isEqualTo(images);
  }

  @Test
  void weightsAreMetExactlyAndClassesWithoutWeightAreLeftOut() {
    ClassShares shares = new ClassShares(1000, new double[] {0, 3, 0, 1, 0, 0, 6, 0});

    assertThat(count(shares, 0, 1000, 8)).containsExactly(0, 300, 0, 100, 0, 0, 600, 0);
  }

  @Test
  void everyStretchHasAboutTheSharesOfTheWhole() {
    double[] weights = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
    ClassShares shares = new ClassShares(20_000, weights);

    for (int start = 0; start < 20_000; start += 1000) {
      for (long n : count(shares, start, start + 1000, 10)) {
        assertThat(n).isBetween(97L, 103L);
      }
    }
  }

  @Test
  void indicesPastTwoToTheThirtyTwoHaveLabelsToo() {
    long images = 10_000_000_000L;
    ClassShares shares = new ClassShares(images, new double[] {1, 1});

    assertThat(count(shares, images - 1000, images, 2)[0]).isBetween(490L, 510L);
  }

  private static long[] count(ClassShares shares, long from, long to, int classes) {
    long[] counts = new long[classes];
    for (long i = from; i < to; i++) {
      counts[shares.labelOf(i)]++;
    }
    return counts;
  }
}
