package io.digflink.jobs.denoise;

import static org.assertj.core.api.Assertions.assertThat;

import io.digflink.jobs.device.EndedRun;
import io.digflink.jobs.device.FailedRunPolicy;
import io.digflink.runtime.sampling.LatentShape;
import io.digflink.runtime.session.OutOfDeviceMemoryException;
import io.digflink.runtime.session.SessionException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class InFlightTest {
  private final FailedRunPolicy<ImageInFlight> policy = new FailedRunPolicy<>(key -> 4, 10);

  @Test
  void aSmallRequestTakesTurnsWithAHugeOne() {
    InFlight inFlight = new InFlight(8, 8);
    inFlight.add(request("huge", 1000, 8, 1));
    inFlight.add(request("small", 2, 8, 1));

    List<String> begun = beginAll(inFlight);

    assertThat(begun)
        .containsExactly("huge", "small", "huge", "small", "huge", "huge", "huge", "huge");
    assertThat(inFlight.images()).isEqualTo(8);
    assertThat(inFlight.waiting()).isEqualTo(1);
  }

  @Test
  void everyImageHasItsTurnWhenNotAllFitIntoARun() {
    InFlight inFlight = new InFlight(6, 6);
    inFlight.add(request("a", 6, 8, 1));
    beginAll(inFlight);
    StepBatcher batcher = new StepBatcher(policy);

    List<ImageInFlight> first = batcher.choose(inFlight.stepping());
    inFlight.stepped(first);
    List<ImageInFlight> second = batcher.choose(inFlight.stepping());

    assertThat(first).extracting(ImageInFlight::index).containsExactly(0, 1, 2, 3);
    assertThat(second).extracting(ImageInFlight::index).containsExactly(4, 5, 0, 1);
  }

  @Test
  void aRunHoldsImagesOfOneSizeAndTwoRowsOfAGuidedOne() {
    InFlight inFlight = new InFlight(8, 8);
    inFlight.add(request("guided", 1, 8, 2));
    inFlight.add(request("larger", 1, 16, 1));
    inFlight.add(request("plain", 3, 8, 1));
    beginAll(inFlight);

    List<ImageInFlight> chosen = new StepBatcher(policy).choose(inFlight.stepping());

    assertThat(chosen)
        .extracting(image -> image.portion().portion().requestId())
        .containsExactly("guided", "plain", "plain");
  }

  @Test
  void anImageWhoseRunFailedGoesAloneUntilItHasTakenAStep() throws SessionException {
    InFlight inFlight = new InFlight(8, 8);
    inFlight.add(request("a", 2, 8, 1));
    beginAll(inFlight);
    StepBatcher batcher = new StepBatcher(policy);
    List<ImageInFlight> together = batcher.choose(inFlight.stepping());
    assertThat(together).hasSize(2);
    end(together, new SessionException("failed"));

    for (ImageInFlight image : together) {
      assertThat(batcher.choose(inFlight.stepping())).containsExactly(image);
      end(List.of(image), null);
      inFlight.stepped(List.of(image));
    }

    assertThat(batcher.choose(inFlight.stepping())).hasSize(2);
  }

  @Test
  void aGuidedImageRunsAloneWhereARunHasMemoryForOneRow() throws SessionException {
    InFlight inFlight = new InFlight(8, 8);
    inFlight.add(request("guided", 2, 8, 2));
    beginAll(inFlight);
    StepBatcher batcher = new StepBatcher(policy);
    List<ImageInFlight> together = batcher.choose(inFlight.stepping());
    end(together, new OutOfDeviceMemoryException("full", null));

    assertThat(policy.limit(together.get(0).portion().key())).isEqualTo(1);
    assertThat(batcher.choose(inFlight.stepping())).hasSize(1);
  }

  private void end(List<ImageInFlight> images, SessionException failure) throws SessionException {
    policy.judge(new EndedRun<>(images.get(0).portion().key(), images, failure), 0);
  }

  @Test
  void aDroppedRequestGivesItsPlacesBack() {
    InFlight inFlight = new InFlight(4, 4);
    inFlight.add(request("a", 4, 8, 1));
    beginAll(inFlight);

    inFlight.drop(inFlight.portions().iterator().next());

    assertThat(inFlight.images()).isZero();
    assertThat(inFlight.stepping()).isEmpty();
    assertThat(inFlight.portions()).isEmpty();
  }

  private static List<String> beginAll(InFlight inFlight) {
    List<String> begun = new ArrayList<>();
    PortionInFlight next;
    while ((next = inFlight.nextToBegin(flow -> 0)) != null) {
      inFlight.begin(TestPortions.next(next, 0));
      begun.add(next.portion().requestId());
    }
    return begun;
  }

  private static PortionInFlight request(String id, int images, int side, double guidance) {
    return TestPortions.of(
        TestPortions.request(id).setGuidanceScale(guidance),
        images,
        new LatentShape(4, side, side));
  }
}
