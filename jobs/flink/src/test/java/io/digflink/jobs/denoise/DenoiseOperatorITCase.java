package io.digflink.jobs.denoise;

import static org.assertj.core.api.Assertions.assertThat;

import io.digflink.jobs.request.AdmittedRequest;
import io.digflink.jobs.request.Portion;
import io.digflink.jobs.request.QueueItem;
import io.digflink.jobs.request.TestRequests;
import io.digflink.runtime.model.TestBundles;
import io.digflink.schemas.GenerationRequest;
import io.digflink.schemas.RejectReason;
import io.digflink.schemas.RejectedRequest;
import java.time.Instant;
import java.util.List;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class DenoiseOperatorITCase extends DenoiseHarness {
  @Test
  void aPortionIsAcceptedAndBegunAndItsImagesLeaveWithItsKey() throws Exception {
    start("good", null);
    process(Portion.of(request("a", 1, 2, 3), good.digest(), 1, 3));
    harness.endInput();

    assertThat(events()).containsExactly("a ACCEPTED 2", "a BEGUN 0");
    assertThat(harness.extractOutputValues())
        .extracting(
            handover ->
                handover.key()
                    + " "
                    + handover.image().header().index()
                    + " "
                    + handover.image().header().label()
                    + " of "
                    + handover.image().header().images())
        .containsExactlyInAnyOrder("a#1 1 2 of 3", "a#1 2 3 of 3");
    assertThat(harness.extractOutputValues())
        .extracting(handover -> handover.image().header().bundleDigest())
        .containsOnly(good.digest());
  }

  @Test
  void theBytesOfAnImageDoNotChangeWithTheCutOrTheMates() throws Exception {
    AdmittedRequest request = request("a", 1, 2, 3, 4);
    start("good", null);
    process(good.digest(), request);
    harness.endInput();
    List<float[]> whole = latents();
    harness.close();

    start("good", null, 2);
    process(Portion.of(request, good.digest(), 2, 4));
    process(good.digest(), request("b", 5, 5));
    process(Portion.of(request, good.digest(), 0, 1));
    process(Portion.of(request, good.digest(), 1, 2));
    harness.endInput();

    assertThat(latents().subList(0, 4)).usingRecursiveComparison().isEqualTo(whole);
  }

  @Test
  void aRequestThatTheModelsReplacementCannotServeIsDropped() throws Exception {
    start("good", null);
    process(good.digest(), request("a", 1, 2));
    OperatorSubtaskState snapshot = harness.snapshot(1, 0);
    harness.close();
    TestBundles.export("dig-uncond", directory.resolve("replaced"), "m");

    start("replaced", snapshot);
    harness.endInput();

    assertThat(events()).containsExactly("a DROPPED 2 REJECTED");
    assertThat(rejects())
        .extracting(RejectedRequest::getMessage)
        .containsExactly("labels is [1, 2]; allowed: none: m has no classes");
    assertThat(harness.extractOutputValues()).isEmpty();
  }

  @Test
  void aPortionWhoseBundleIsReplacedIsMadeByTheNewOne() throws Exception {
    start("good", null);
    process("cd".repeat(32), request("a", 1));
    harness.endInput();

    assertThat(harness.extractOutputValues())
        .extracting(handover -> handover.image().header().bundleDigest())
        .containsExactly(good.digest());
  }

  @Test
  void aPortionWhoseModelIsGoneIsDropped() throws Exception {
    start("good", null);
    GenerationRequest gone = TestRequests.request("a", "gone", 1).setSteps(STEPS).build();
    process("cd".repeat(32), TestRequests.admitted(gone, SHAPE, 1));
    harness.endInput();

    assertThat(events()).containsExactly("a DROPPED 1 REJECTED");
    assertThat(rejects())
        .singleElement()
        .satisfies(
            reject -> {
              assertThat(reject.getReason()).isEqualTo(RejectReason.UNKNOWN_MODEL);
              assertThat(reject.getValue()).isEqualTo("gone");
            });
  }

  @Test
  void anImageThatIsNotFiniteFailsAndCostsNoOtherAnything() throws Exception {
    start("good", null);
    process(good.digest(), request("mixed", 1, 2));
    process(good.digest(), request("other", 3));
    harness.endInput();
    List<float[]> expected = latents();
    harness.close();

    start("spoiled", null);
    process(spoiled.digest(), request("mixed", 1, BAD_LABEL));
    process(spoiled.digest(), request("other", 3));
    harness.endInput();

    assertThat(latents())
        .usingRecursiveComparison()
        .isEqualTo(List.of(expected.get(0), expected.get(2)));
    assertThat(events()).contains("mixed FAILED 1").doesNotContain("other FAILED 1");
    assertThat(rejects())
        .singleElement()
        .satisfies(
            reject -> {
              assertThat(reject.getRequestId()).isEqualTo("mixed");
              assertThat(reject.getReason()).isEqualTo(RejectReason.NOT_FINITE);
              assertThat(reject.getMessage())
                  .isEqualTo(
                      "Model m gave values that are not finite for image 1 (denoiser, step 1 of"
                          + " 3): export it with --precision fp32, look at its weights, or ask for"
                          + " less guidance");
            });
  }

  @Test
  void aCancelledRequestIsDroppedWhetherItMovesOrWaits() throws Exception {
    start("good", null, 2);
    process(good.digest(), request("moving", 1, 2));
    process(good.digest(), request("waiting", 3));
    process(good.digest(), request("other", 4));

    cancel("moving", 1);
    cancel("waiting", 1);
    cancel("unknown", 1);
    cancel("waiting", 2);
    harness.endInput();

    assertThat(events())
        .contains("moving DROPPED 2 CANCELLED", "waiting DROPPED 1 CANCELLED")
        .filteredOn(event -> event.contains("DROPPED"))
        .hasSize(2);
    assertThat(rejects()).isEmpty();
    assertThat(harness.extractOutputValues())
        .extracting(handover -> handover.image().header().requestId())
        .containsExactly("other");
  }

  @Test
  void aPortionWhoseDeadlinePassesIsDroppedWithTheTime() throws Exception {
    start("good", null, 1);
    GenerationRequest late =
        GenerationRequest.newBuilder(request("late", 1, 2).request())
            .setDeadline(Instant.ofEpochMilli(100))
            .build();
    process(good.digest(), TestRequests.admitted(late, SHAPE, 1, 2));
    harness.setProcessingTime(101);
    harness.endInput();

    assertThat(events())
        .containsExactly("late ACCEPTED 2", "late BEGUN 0", "late DROPPED 2 EXPIRED");
    assertThat(rejects())
        .extracting(RejectedRequest::getMessage)
        .containsExactly(
            "deadline is 1970-01-01T00:00:00.100Z; allowed: later than 1970-01-01T00:00:00.101Z,"
                + " the time by this job's clock");
  }

  @Test
  void theSourceIsToldWhenPortionsWaitAndAtTheEndWhenNoneIsHeld() throws Exception {
    start("good", null, 1);
    assertThat(room.reported())
        .containsExactly(
            "RoomReport[isAvailable=true, isEmpty=true, received=0, requestsWaiting=0.0]");
    for (String id : List.of("a", "b", "c")) {
      process(good.digest(), request(id, 1));
    }
    harness.processElement(
        QueueItem.of(0, Portion.of(request("d", 1), good.digest(), 0, 1)).repeated(), 0);
    assertThat(room.reported())
        .hasSize(3)
        .endsWith(
            "RoomReport[isAvailable=true, isEmpty=false, received=2, requestsWaiting=1.0]",
            "RoomReport[isAvailable=false, isEmpty=false, received=3, requestsWaiting=1.0]");

    room.senderEnds(4);
    harness.endInput();
    while (harness.getTaskMailbox().hasMail()) {
      runMail();
    }

    assertThat(room.reported())
        .endsWith("RoomReport[isAvailable=true, isEmpty=true, received=4, requestsWaiting=0.0]");
  }
}
