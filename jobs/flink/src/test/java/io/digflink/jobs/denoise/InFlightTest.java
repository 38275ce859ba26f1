package io.digflink.jobs.denoise;

import static org.assertj.core.api.Assertions.assertThat;

import io.digflink.jobs.device.EndedRun;
import io.digflink.jobs.device.FailedRunPolicy;
import io.digflink.jobs.request.AdmittedRequest;
import io.digflink.jobs.request.IncomingRecord;
import io.digflink.runtime.sampling.Diffusion;
import io.digflink.runtime.sampling.LatentShape;
import io.digflink.runtime.sampling.NoiseSchedule;
import io.digflink.runtime.session.OutOfDeviceMemoryException;
import io.digflink.runtime.session.SessionException;
import io.digflink.schemas.GenerationRequest;
import io.digflink.schemas.codec.TrustedRecords;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class InFlightTest {
  private static final Diffusion DIFFUSION =
      new Diffusion(NoiseSchedule.linear(1000, 0.0001, 0.02), 4, false, 10, 10);

  static {
    TrustedRecords.install();
  }

  private final FailedRunPolicy<ImageInFlight> policy = new FailedRunPolicy<>(key -> 4, 10);
  private long sequence;

  @Test
  void aSmallRequestPassesAHugeOneThatHasHalfThePlaces() {
    InFlight inFlight = new InFlight(8);
    inFlight.add(request("huge", 1000, 8, 1));
    inFlight.add(request("small", 2, 8, 1));

    List<String> begun = beginAll(inFlight);

    assertThat(begun)
        .containsExactly("huge", "huge", "huge", "huge", "small", "small", "huge", "huge");
    assertThat(inFlight.images()).isEqualTo(8);
    assertThat(inFlight.waiting()).isEqualTo(1);
  }

  @Test
  void everyImageHasItsTurnWhenNotAllFitIntoARun() {
    InFlight inFlight = new InFlight(6);
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
    InFlight inFlight = new InFlight(8);
    inFlight.add(request("guided", 1, 8, 2));
    inFlight.add(request("larger", 1, 16, 1));
    inFlight.add(request("plain", 3, 8, 1));
    beginAll(inFlight);

    List<ImageInFlight> chosen = new StepBatcher(policy).choose(inFlight.stepping());

    assertThat(chosen)
        .extracting(image -> image.request().admitted().id())
        .containsExactly("guided", "plain", "plain");
  }

  @Test
  void anImageWhoseRunFailedGoesAloneUntilItHasTakenAStep() throws SessionException {
    InFlight inFlight = new InFlight(8);
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
    InFlight inFlight = new InFlight(8);
    inFlight.add(request("guided", 2, 8, 2));
    beginAll(inFlight);
    StepBatcher batcher = new StepBatcher(policy);
    List<ImageInFlight> together = batcher.choose(inFlight.stepping());
    end(together, new OutOfDeviceMemoryException("full", null));

    assertThat(policy.limit(together.get(0).request().key())).isEqualTo(1);
    assertThat(batcher.choose(inFlight.stepping())).hasSize(1);
  }

  private void end(List<ImageInFlight> images, SessionException failure) throws SessionException {
    policy.judge(new EndedRun<>(images.get(0).request().key(), images, failure), 0);
  }

  @Test
  void aDroppedRequestGivesItsPlacesBack() {
    InFlight inFlight = new InFlight(4);
    inFlight.add(request("a", 4, 8, 1));
    beginAll(inFlight);

    inFlight.drop(inFlight.requests().get(0));

    assertThat(inFlight.images()).isZero();
    assertThat(inFlight.stepping()).isEmpty();
    assertThat(inFlight.requests()).isEmpty();
  }

  private static List<String> beginAll(InFlight inFlight) {
    List<String> begun = new ArrayList<>();
    RequestInFlight next;
    while ((next = inFlight.nextToBegin()) != null) {
      int index = next.beginNext();
      inFlight.begin(new ImageInFlight(next, index, DIFFUSION.begin(next.spec(index)), 0));
      begun.add(next.admitted().id());
    }
    return begun;
  }

  private RequestInFlight request(String id, int images, int side, double guidance) {
    GenerationRequest request =
        GenerationRequest.newBuilder()
            .setRequestId(id)
            .setModel("m")
            .setLabels(List.of(3))
            .setImagesPerLabel(images)
            .setSampler("ddim")
            .setSteps(5)
            .setGuidanceScale(guidance)
            .build();
    AdmittedRequest admitted =
        new AdmittedRequest(
            new byte[0],
            "t-0@0",
            request,
            new int[] {3},
            new LatentShape(4, side, side),
            0,
            0,
            IncomingRecord.NO_HEADERS);
    return new RequestInFlight(admitted, sequence++, 0);
  }
}
