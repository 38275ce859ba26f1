package io.digflink.jobs.progress;

import static org.assertj.core.api.Assertions.assertThat;

import io.digflink.jobs.request.AdmittedRequest;
import io.digflink.jobs.request.ImageHeader;
import io.digflink.jobs.request.Portion;
import io.digflink.jobs.request.RejectException;
import io.digflink.jobs.request.RequestEvent;
import io.digflink.jobs.request.TestRequests;
import io.digflink.runtime.sampling.LatentShape;
import io.digflink.schemas.RejectReason;
import io.digflink.schemas.RejectedRequest;
import io.digflink.schemas.RequestState;
import java.time.Instant;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What clients are told. */
class ProgressFunctionTest {
  private static final RejectException BROKEN = RejectException.of(RejectReason.OTHER, "broken");

  private ProgressHarness progress;

  @BeforeEach
  void open() throws Exception {
    progress = new ProgressHarness();
  }

  @AfterEach
  void close() throws Exception {
    progress.close();
  }

  @Test
  void everyImageButTheLastIsToldAndThenTheEnd() throws Exception {
    Portion portion = whole("a", 3);
    begin(portion);
    for (int i : new int[] {2, 0, 1}) {
      progress.add(done(portion, i));
    }

    assertThat(progress.told())
        .containsExactly(
            "a ADMITTED 0/3", "a RUNNING 0/3", "a RUNNING 1/3", "a RUNNING 2/3", "a COMPLETED 3/3");
    assertThat(progress.rejects()).isEmpty();
    assertThat(progress.answers())
        .allSatisfy(a -> assertThat(a.headers()).isEqualTo(portion.headers()));
    assertThat(progress.stateEntries()).as("of a request that has ended").isZero();
  }

  @Test
  void anImageThatOvertakesTheWordThatItsPortionWasTakenIsCounted() throws Exception {
    Portion portion = whole("a", 2);
    progress.add(done(portion, 1));
    assertThat(progress.told()).isEmpty();

    progress.add(RequestEvent.opened(portion, original(portion)));
    assertThat(progress.told()).containsExactly("a ADMITTED 0/2", "a RUNNING 0/2");
    progress.add(done(portion, 0));

    assertThat(progress.told()).endsWith("a COMPLETED 2/2").hasSize(3);
  }

  /** Its subtask tells of a portion after the images of it and of others are out. */
  @Test
  void whatComesAfterTheEndIsNotTold() throws Exception {
    Portion portion = whole("a", 1);
    progress.add(RequestEvent.opened(portion, original(portion)), done(portion, 0));
    progress.add(RequestEvent.accepted(portion, 0, 1), RequestEvent.begun(portion, 1));

    assertThat(progress.told())
        .containsExactly("a ADMITTED 0/1", "a RUNNING 0/1", "a COMPLETED 1/1");
  }

  @Test
  void failedImagesAreOneRejectWithTheOriginalAtTheEndOfTheRequest() throws Exception {
    Portion portion = whole("a", 3);
    begin(portion);
    progress.add(
        RequestEvent.failed(portion, 1, RejectException.of(RejectReason.OTHER, "first"), 1),
        done(portion, 1));
    assertThat(progress.rejects()).isEmpty();
    progress.add(
        RequestEvent.failed(
            header(portion, 2), RejectException.of(RejectReason.OUT_OF_MEMORY, "second"), 1));

    assertThat(progress.rejects()).hasSize(1);
    RejectedRequest reject = progress.rejects().get(0);
    assertThat(reject.getMessage()).isEqualTo("first (1 of 3 images are done)");
    assertThat(reject.getReason()).isEqualTo(RejectReason.OTHER);
    assertThat(reject.getOriginal().array()).isEqualTo(original(portion));
    assertThat(reject.getRequestId()).isEqualTo("a");
    assertThat(reject.getSource()).isEqualTo("t-0@a");
    assertThat(progress.told()).endsWith("a RUNNING 1/3", "a REJECTED 1/3");
  }

  @Test
  void theRejectOfAnOnlyImageHasItsMessage() throws Exception {
    Portion portion = whole("a", 1);
    begin(portion);
    progress.add(RequestEvent.failed(header(portion, 0), BROKEN, 1));

    assertThat(progress.rejects())
        .extracting(RejectedRequest::getMessage)
        .containsExactly("broken");
    assertThat(progress.told()).endsWith("a REJECTED 0/1");
  }

  @Test
  void anExpiredRequestStaysExpiredWhateverFailed() throws Exception {
    Portion portion = whole("a", 3);
    begin(portion);
    progress.add(RequestEvent.failed(header(portion, 0), BROKEN, 1));
    progress.add(RequestEvent.dropped(portion, 2, RequestState.EXPIRED, BROKEN, 1));

    assertThat(progress.told()).endsWith("a EXPIRED 0/3");
    assertThat(progress.rejects()).hasSize(1);
  }

  @Test
  void aCancelledRequestSaysHowManyImagesWereMadeAndHasNoReject() throws Exception {
    Portion portion = whole("a", 3);
    begin(portion);
    progress.add(RequestEvent.failed(header(portion, 0), BROKEN, 1), done(portion, 1));
    progress.add(RequestEvent.dropped(portion, 1, RequestState.CANCELLED, null, 1));

    assertThat(progress.told()).endsWith("a CANCELLED 1/3");
    assertThat(progress.rejects()).isEmpty();
  }

  @Test
  void aRequestThatWasCancelledBeforeItCameIsAdmittedAndThenCancelled() throws Exception {
    Portion portion = whole("a", 2);
    progress.add(
        RequestEvent.opened(portion, original(portion)),
        RequestEvent.accepted(portion, 0, 1),
        RequestEvent.dropped(portion, 2, RequestState.CANCELLED, null, 1));

    assertThat(progress.told()).containsExactly("a ADMITTED 0/2", "a CANCELLED 0/2");
  }

  @Test
  void whatIsCountedAndTheOriginalOutliveARestore() throws Exception {
    Portion portion = whole("a", 3);
    begin(portion);
    progress.add(RequestEvent.failed(header(portion, 0), BROKEN, 1), done(portion, 1));
    OperatorSubtaskState snapshot = progress.snapshot();
    progress.close();

    progress = new ProgressHarness(snapshot);
    progress.add(done(portion, 2));

    assertThat(progress.told()).containsExactly("a REJECTED 2/3");
    assertThat(progress.rejects())
        .extracting(RejectedRequest::getMessage)
        .containsExactly("broken (2 of 3 images are done)");
    assertThat(progress.rejects().get(0).getOriginal().array()).isEqualTo(original(portion));
  }

  @Test
  void requestsOfOneNameAreCountedApart() throws Exception {
    Portion one = whole("a", 1);
    Portion other = Portion.of(from("t-0@other", admitted("a", 1)), TestRequests.DIGEST, 0, 1);
    begin(one);
    begin(other);
    progress.add(done(one, 0));
    progress.add(RequestEvent.failed(header(other, 0), BROKEN, 1));

    assertThat(progress.told()).endsWith("a COMPLETED 1/1", "a REJECTED 0/1");
  }

  @Test
  void progressSaysWhenTheLastImageIsExpected() throws Exception {
    Portion portion = whole("a", 3);
    progress.setTime(1_000);
    progress.add(
        RequestEvent.opened(portion, original(portion)),
        RequestEvent.accepted(portion, 9_000, 1_000),
        RequestEvent.begun(portion, 1_000));
    progress.setTime(3_000);
    progress.add(done(portion, 0));
    progress.add(done(portion, 1), done(portion, 2));

    assertThat(progress.answers())
        .extracting(a -> a.record().getState() + " " + a.record().getExpectedAt())
        .containsExactly(
            "ADMITTED " + Instant.ofEpochMilli(9_000),
            "RUNNING " + Instant.ofEpochMilli(9_000),
            "RUNNING " + Instant.ofEpochMilli(7_000),
            "RUNNING " + Instant.ofEpochMilli(4_000),
            "COMPLETED null");
  }

  private void begin(Portion portion) throws Exception {
    progress.add(
        RequestEvent.opened(portion, original(portion)),
        RequestEvent.accepted(portion, 0, 1),
        RequestEvent.begun(portion, 1));
  }

  private static AdmittedRequest admitted(String id, int images) {
    return TestRequests.admitted(
        TestRequests.request(id, "m", 1).setImagesPerLabel(images).build(),
        new LatentShape(1, 1, 1),
        1);
  }

  private static AdmittedRequest from(String source, AdmittedRequest request) {
    return new AdmittedRequest(
        request.original(),
        source,
        request.request(),
        request.labels(),
        request.latent(),
        request.askedAt(),
        request.admittedAt(),
        request.headers(),
        request.tenant());
  }

  private static Portion whole(String id, int images) {
    return TestRequests.whole(admitted(id, images), TestRequests.DIGEST);
  }

  private static byte[] original(Portion portion) {
    return admitted(portion.requestId(), portion.images()).original();
  }

  private static ImageHeader header(Portion portion, int index) {
    return ImageHeader.of(portion, index, TestRequests.DIGEST, 1, 2, 3);
  }

  private static RequestEvent done(Portion portion, int index) {
    return RequestEvent.done(header(portion, index), 4);
  }
}
