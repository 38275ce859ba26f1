package io.digflink.jobs.denoise;

import static org.assertj.core.api.Assertions.assertThat;

import io.digflink.jobs.device.FailedRunPolicy;
import io.digflink.schemas.GenerationRequest;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SharedTurnsTest {
  private final InFlight inFlight = new InFlight(8, 8);

  private void begin(GenerationRequest.Builder request) {
    PortionInFlight portion = TestPortions.of(request, 1, SimulatedSubtask.SHAPE);
    inFlight.add(portion);
    inFlight.begin(TestPortions.next(portion, 0));
  }

  private static GenerationRequest.Builder due(String id, long millis) {
    return TestPortions.request(id).setDeadline(Instant.ofEpochMilli(millis));
  }

  private static long deadline(ImageInFlight image) {
    return image.portion().portion().request().getDeadline().toEpochMilli();
  }

  private static String idOf(ImageInFlight image) {
    return image.portion().portion().requestId();
  }

  private List<String> line() {
    inFlight.shareTurns(SharedTurnsTest::deadline);
    return inFlight.stepping().stream().map(SharedTurnsTest::idOf).toList();
  }

  @Test
  void theOneWithTheLeastSlackStepsFirst() {
    begin(due("third", 300));
    begin(due("first", 100));
    begin(due("second", 200));

    assertThat(line()).containsExactly("first", "second", "third");
  }

  @Test
  void onlyRequestsOfOneTenantAndPriorityChangePlaces() {
    begin(due("of another tenant", 400).setTenant("b"));
    begin(due("later", 300));
    begin(TestPortions.request("without"));
    begin(due("of another priority", 200).setPriority(9));
    begin(due("earlier", 100));

    assertThat(line())
        .containsExactly("of another tenant", "earlier", "without", "of another priority", "later");
  }

  /** Three with deadlines and one without, two of which fit into a run. */
  @Test
  void whoHasNoDeadlineStepsAsOftenAsBefore() {
    begin(TestPortions.request("without").setSteps(100));
    for (int i = 0; i < 3; i++) {
      begin(due("due-" + i, i).setSteps(100));
    }
    StepBatcher batcher = new StepBatcher(new FailedRunPolicy<>(key -> 2, 10));
    Map<String, Integer> steps = new HashMap<>();
    for (int run = 0; run < 20; run++) {
      inFlight.shareTurns(SharedTurnsTest::deadline);
      List<ImageInFlight> images = new ArrayList<>(batcher.choose(inFlight.stepping()));
      images.forEach(image -> steps.merge(idOf(image), 1, Integer::sum));
      TestPortions.step(images);
      inFlight.stepped(images);
    }

    assertThat(steps).containsEntry("without", 10).containsEntry("due-0", 20);
  }
}
