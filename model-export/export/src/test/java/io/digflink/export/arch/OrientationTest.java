package io.digflink.export.arch;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Against tokens that are physically reversed and transposed, as the official code does. */
class OrientationTest {
  private static final int SIDE = 3;

  @Test
  void theDirectionsAreThoseOfTokensThatAreReallyMoved() {
    List<Integer> tokens = IntStream.range(0, SIDE * SIDE).boxed().toList();
    DigConfig config = config(Map.of("bid_mode", "layer", "if_quad_dir", true));
    for (int block = 0; block < 9; block++) {
      assertThat(tokens).isEqualTo(visited(Orientation.before(config, block)));
      tokens = reversed(tokens);
      if (block % 2 == 1) {
        tokens = transposed(tokens);
      }
    }
  }

  @Test
  void withoutLayerDirectionsNothingIsReversed() {
    DigConfig config = config(Map.of("bid_mode", "seq", "if_quad_dir", false));
    for (int block = 0; block < 9; block++) {
      assertThat(Orientation.before(config, block)).isEqualTo(Orientation.CANONICAL);
    }
  }

  @Test
  void aKernelIsTurnedTheWayTheTokensWouldBe() {
    float[] kernels = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 20, 30, 40, 50, 60, 70, 80, 90};
    assertThat(new Orientation(false, true).toCanonical(kernels, 3))
        .containsExactly(9, 8, 7, 6, 5, 4, 3, 2, 1, 90, 80, 70, 60, 50, 40, 30, 20, 10);
    assertThat(new Orientation(true, false).toCanonical(kernels, 3))
        .containsExactly(1, 4, 7, 2, 5, 8, 3, 6, 9, 10, 40, 70, 20, 50, 80, 30, 60, 90);
    assertThat(new Orientation(true, true).toCanonical(kernels, 3))
        .containsExactly(9, 6, 3, 8, 5, 2, 7, 4, 1, 90, 60, 30, 80, 50, 20, 70, 40, 10);
  }

  /** Canonical places in the order in which the operator visits them. */
  private static List<Integer> visited(Orientation orientation) {
    int direction = orientation.direction();
    List<Integer> places = IntStream.range(0, SIDE * SIDE).boxed().toList();
    if (direction >= 2) {
      places = transposed(places);
    }
    return direction % 2 == 1 ? reversed(places) : places;
  }

  private static List<Integer> reversed(List<Integer> tokens) {
    List<Integer> reversed = new ArrayList<>(tokens);
    Collections.reverse(reversed);
    return reversed;
  }

  private static List<Integer> transposed(List<Integer> tokens) {
    return IntStream.range(0, SIDE * SIDE)
        .mapToObj(t -> tokens.get(t % SIDE * SIDE + t / SIDE))
        .toList();
  }

  private static DigConfig config(Map<String, Object> arguments) {
    return DigConfig.of(arguments);
  }
}
