package io.digflink.lab.faults.dataset;

import static org.assertj.core.api.Assertions.assertThat;

import io.digflink.lab.faults.Verdict;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** The judge of data sets: it must see each thing that can go wrong. */
class DatasetTest {
  private static final Dataset UNDISTURBED = of(Map.of("a", "1", "b", "2", "c", "3"));

  @Test
  void theSameFilesAreGood() {
    assertThat(UNDISTURBED.judge(UNDISTURBED)).isEqualTo(new Verdict(1, 10, 0, 0, 0, 0, 0));
  }

  @Test
  void missingOtherAndForeignFilesAreTold() {
    Dataset other = of(Map.of("a", "1", "b", "other", "d", "4"));
    assertThat(UNDISTURBED.judge(other)).isEqualTo(new Verdict(1, 10, 0, 1, 0, 1, 1));
  }

  private static Dataset of(Map<String, String> digests) {
    return new Dataset(10, new TreeMap<>(digests));
  }
}
