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

  /** At time 0, with 10 ms of work for each step. */
  private static SharedTurns.Due due(ImageInFlight image) {
    long left = image.portion().portion().request().getDeadline().toEpochMilli();
    int steps = image.trajectory().spec().steps() - image.trajectory().stepsDone();
    return new SharedTurns.Due(image, left, 10 * steps, left - 10 * steps);
  }

  private static String idOf(ImageInFlight image) {
    return image.portion().portion().requestId();
  }

  private List<String> line() {
    inFlight.shareTurns(SharedTurnsTest::due);
    return inFlight.stepping().stream().map(SharedTurnsTest::idOf).toList();
  }

  @Test
  void theOneWithTheLeastSlackStepsFirst() {
    begin(due("third", 600));
    begin(due("first", 200));
    begin(due("second", 400));

    assertThat(line()).containsExactly("first", "second", "third");
  }

  /** 50, 100 and 50 ms of work. */
  @Test
  void whereNotAllCanBeInTimeTheOneWithTheMostWorkStandsBack() {
    begin(due("first", 100));
    begin(due("much work", 140).setSteps(10));
    begin(due("last", 150));

    assertThat(line()).containsExactly("first", "last", "much work");
  }

  @Test
  void onlyRequestsOfOneTenantAndPriorityChangePlaces() {
    begin(due("of another tenant", 4000).setTenant("b"));
    begin(due("later", 3000));
    begin(TestPortions.request("without"));
    begin(due("of another priority", 2000).setPriority(9));
    begin(due("earlier", 1000));

    assertThat(line())
        .containsExactly("of another tenant", "earlier", "without", "of another priority", "later");
  }

  /** Three with deadlines and one without, two of which fit into a run. */
  @Test
  void whoHasNoDeadlineStepsAsOftenAsBefore() {
    begin(TestPortions.request("without").setSteps(100));
    for (int i = 0; i < 3; i++) {
      begin(due("due-" + i, 100_000 + i).setSteps(100));
    }
    StepBatcher batcher = new StepBatcher(new FailedRunPolicy<>(key -> 2, 10));
    Map<String, Integer> steps = new HashMap<>();
    for (int run = 0; run < 20; run++) {
      inFlight.shareTurns(SharedTurnsTest::due);
      List<ImageInFlight> images = new ArrayList<>(batcher.choose(inFlight.stepping()));
      images.forEach(image -> steps.merge(idOf(image), 1, Integer::sum));
      TestPortions.step(images);
      inFlight.stepped(images);
    }

    assertThat(steps).containsEntry("without", 10);
    assertThat(steps.values().stream().mapToInt(Integer::intValue).sum()).isEqualTo(40);
  }
}
