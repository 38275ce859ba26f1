package io.digflink.jobs.progress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.digflink.jobs.request.AdmittedRequest;
import io.digflink.jobs.request.ImageHeader;
import io.digflink.jobs.request.Portion;
import io.digflink.jobs.request.RejectException;
import io.digflink.jobs.request.RequestEvent;
import io.digflink.jobs.request.TestRequests;
import io.digflink.runtime.sampling.LatentShape;
import io.digflink.schemas.RejectReason;
import io.digflink.schemas.RequestState;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** A request of four images in two portions. */
class TallyTest {
  private static final int IMAGES = 4;
  private static final AdmittedRequest REQUEST =
      TestRequests.admitted(
          TestRequests.request("a", "m", 1).setImagesPerLabel(IMAGES).build(),
          new LatentShape(1, 1, 1),
          1);
  private static final Portion FIRST = Portion.of(REQUEST, TestRequests.DIGEST, 0, 2);
  private static final Portion SECOND = Portion.of(REQUEST, TestRequests.DIGEST, 2, 4);
  private static final RequestEvent OPENED = RequestEvent.opened(FIRST, REQUEST.original());

  private Tally tally = new Tally();

  @Test
  void aRequestIsCompletedOnceWhateverTheOrderOfItsEvents() throws IOException {
    List<RequestEvent> events =
        new ArrayList<>(
            List.of(
                OPENED,
                RequestEvent.accepted(FIRST, 100, 1),
                RequestEvent.accepted(SECOND, 200, 1),
                RequestEvent.begun(FIRST, 2),
                RequestEvent.begun(SECOND, 3)));
    for (int i = 0; i < IMAGES; i++) {
      events.add(done(i, 4));
    }
    Random random = new Random(7);
    for (int trial = 0; trial < 1_000; trial++) {
      Collections.shuffle(events, random);
      tally = new Tally();
      List<RequestState> told = new ArrayList<>();
      int done = 0;
      boolean isOpened = false;
      for (RequestEvent event : events) {
        done += event.kind() == RequestEvent.Kind.DONE ? 1 : 0;
        isOpened |= event.kind() == RequestEvent.Kind.OPENED;
        told.addAll(add(event));
        tally = Tally.of(tally.toBytes()); // as the state would
        assertThat(tally.isEnded()).as("%s", events).isEqualTo(done == IMAGES && isOpened);
        if (tally.isEnded()) {
          break; // what follows would belong to a request of which all is forgotten
        }
      }

      assertThat(told).containsExactly(RequestState.ADMITTED, RequestState.RUNNING);
      assertThat(tally.end()).isEqualTo(RequestState.COMPLETED);
      assertThat(tally.done()).isEqualTo(IMAGES);
      assertThat(tally.firstReject()).isNull();
    }
  }

  @Test
  void aRequestWithFailedImagesIsRejectedWhenAllAreAccountedFor() {
    add(OPENED, RequestEvent.accepted(FIRST, 0, 1), RequestEvent.begun(FIRST, 2));
    add(failed(FIRST, "first"), done(1, 3), failed(SECOND, "second"));
    assertThat(tally.isEnded()).isFalse();
    add(done(3, 4));

    assertThat(tally.isEnded()).isTrue();
    assertThat(tally.end()).isEqualTo(RequestState.REJECTED);
    assertThat(tally.done()).isEqualTo(2);
    assertThat(tally.firstReject().getMessage()).isEqualTo("first");
  }

  @Test
  void aCancelledRequestEndsWhenAllItsPortionsAreDropped() {
    add(OPENED, RequestEvent.accepted(FIRST, 0, 1), RequestEvent.accepted(SECOND, 0, 1));
    add(RequestEvent.begun(FIRST, 2), done(0, 3));
    add(RequestEvent.dropped(SECOND, 2, RequestState.CANCELLED, null, 4));
    assertThat(tally.isEnded()).as("an image of the first portion may be on its way").isFalse();
    add(RequestEvent.dropped(FIRST, 1, RequestState.CANCELLED, null, 4));

    assertThat(tally.isEnded()).isTrue();
    assertThat(tally.end()).isEqualTo(RequestState.CANCELLED);
    assertThat(tally.done()).isEqualTo(1);
  }

  @Test
  void aRequestThatWasCancelledBeforeItCameIsAdmittedAndThenCancelled() {
    List<RequestState> told =
        add(
            OPENED,
            RequestEvent.accepted(FIRST, 0, 1),
            RequestEvent.dropped(FIRST, 2, RequestState.CANCELLED, null, 1),
            RequestEvent.accepted(SECOND, 0, 1),
            RequestEvent.dropped(SECOND, 2, RequestState.CANCELLED, null, 1));

    assertThat(told).containsExactly(RequestState.ADMITTED);
    assertThat(tally.isEnded()).isTrue();
    assertThat(tally.end()).isEqualTo(RequestState.CANCELLED);
    assertThat(tally.done()).isZero();
  }

  @Test
  void cancellingIsWorseThanBeingLateAndThatIsWorseThanFailing() {
    RequestState[] worstFirst = {
      RequestState.CANCELLED, RequestState.EXPIRED, RequestState.REJECTED
    };
    for (int one = 0; one < worstFirst.length; one++) {
      for (int other = 0; other < worstFirst.length; other++) {
        tally = new Tally();
        add(OPENED, RequestEvent.accepted(FIRST, 0, 1));
        add(RequestEvent.dropped(FIRST, 2, worstFirst[one], null, 1));
        add(RequestEvent.dropped(SECOND, 2, worstFirst[other], null, 1));

        assertThat(tally.end()).isEqualTo(worstFirst[Math.min(one, other)]);
      }
    }
  }

  @Test
  void aRequestNoPortionOfWhichCouldBeTakenIsRejectedWithoutHavingBeenAdmitted() {
    RejectException why = RejectException.of(RejectReason.UNKNOWN_MODEL, "gone");
    List<RequestState> told =
        add(
            OPENED,
            RequestEvent.dropped(FIRST, 2, RequestState.REJECTED, why, 1),
            RequestEvent.dropped(SECOND, 2, RequestState.REJECTED, why, 1));

    assertThat(told).isEmpty();
    assertThat(tally.isEnded()).isTrue();
    assertThat(tally.end()).isEqualTo(RequestState.REJECTED);
    assertThat(tally.firstReject().getMessage()).isEqualTo("gone");
  }

  @Test
  void theEndIsExpectedAsReckonedUntilImagesAreOutAndThenByTheirPace() {
    add(OPENED);
    assertThat(tally.expectedAt(1_000)).as("nobody knows").isZero();
    add(RequestEvent.accepted(FIRST, 5_000, 1_000), RequestEvent.accepted(SECOND, 6_000, 1_000));
    add(RequestEvent.begun(SECOND, 2_000), RequestEvent.begun(FIRST, 2_500));
    assertThat(tally.expectedAt(2_500)).as("the later portion").isEqualTo(6_000);

    add(done(0, 3_000));
    assertThat(tally.expectedAt(3_000)).as("1 in 1 s, 3 more").isEqualTo(6_000);
    add(done(1, 3_000), done(2, 3_000));
    assertThat(tally.expectedAt(3_500)).as("3 in 1.5 s, 1 more").isEqualTo(4_000);
  }

  @Test
  void stateOfAnotherReleaseIsRefused() {
    assertThatThrownBy(() -> Tally.of(new byte[] {2}))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith("Expected state of Progress in version 1, found version 2");
  }

  private List<RequestState> add(RequestEvent... events) {
    List<RequestState> told = new ArrayList<>();
    for (RequestEvent event : events) {
      tally.add(event);
      RequestState next;
      while ((next = tally.nextToTell()) != null) {
        told.add(next);
      }
    }
    return told;
  }

  private static RequestEvent failed(Portion portion, String why) {
    return RequestEvent.failed(portion, 1, RejectException.of(RejectReason.OTHER, why), 3);
  }

  private static RequestEvent done(int index, long now) {
    Portion portion = index < 2 ? FIRST : SECOND;
    return RequestEvent.done(ImageHeader.of(portion, index, TestRequests.DIGEST, 1, 2, 3), now);
  }
}
