package io.digflink.jobs.denoise;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** On images that have not begun, so that the model's name alone tells their bundles apart. */
class OpenModelsFirstTest {
  private static final long TURN = OpenModelsFirst.TURN.toMillis();

  private final Set<String> open = new HashSet<>();
  private final OpenModelsFirst turns = new OpenModelsFirst(key -> open.contains(key.model()));

  private static ImageInFlight image(String model) {
    return new ImageInFlight(
        TestPortions.of(TestPortions.request("r").setModel(model), 1), 0, null, 0);
  }

  private static List<ImageInFlight> images(String... models) {
    return Arrays.stream(models).map(OpenModelsFirstTest::image).toList();
  }

  @Test
  void imagesOfOpenModelsKeepTheirOrder() {
    open.addAll(List.of("a", "b"));
    List<ImageInFlight> images = images("b", "a", "b");

    assertThat(turns.choose(images, 0)).containsExactlyElementsOf(images);
  }

  @Test
  void aClosedModelWaitsForItsTurn() {
    open.add("a");
    List<ImageInFlight> images = images("c", "a", "b", "c", "a");
    assertThat(turns.choose(images, TURN)).containsExactly(images.get(0), images.get(3));

    assertThat(turns.choose(images, 2 * TURN - 1)).containsExactly(images.get(1), images.get(4));
    assertThat(turns.choose(images, 2 * TURN)).containsExactly(images.get(0), images.get(3));
  }

  @Test
  void whereNothingIsOpenTheOldestIsOpenedAtOnce() {
    List<ImageInFlight> images = images("b", "a", "b");

    assertThat(turns.choose(images, 1)).containsExactly(images.get(0), images.get(2));
    assertThat(turns.choose(List.of(), 2)).isEmpty();
  }
}
