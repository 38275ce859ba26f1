package io.digflink.jobs.decode;

import static org.assertj.core.api.Assertions.assertThat;

import io.digflink.jobs.denoise.DenoisedImage;
import io.digflink.jobs.request.ImageHeader;
import io.digflink.jobs.request.IncomingRecord;
import io.digflink.jobs.request.RejectException;
import io.digflink.jobs.request.RequestNews;
import io.digflink.runtime.sampling.LatentShape;
import io.digflink.schemas.RejectReason;
import io.digflink.schemas.RejectedRequest;
import io.digflink.schemas.RequestProgress;
import io.digflink.schemas.RequestState;
import io.digflink.schemas.codec.TrustedRecords;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class AnswersTest {
  private static final byte[] ORIGINAL = {1, 2, 3};
  private static final long NOW = 9_000;

  static {
    TrustedRecords.install();
  }

  private final List<RequestProgress> progress = new ArrayList<>();
  private final List<RejectedRequest> rejects = new ArrayList<>();
  private final Answers answers =
      new Answers(p -> progress.add(p.record()), r -> rejects.add(r.record()));

  @Test
  void everyImageButTheLastIsToldAndThenTheEnd() {
    answers.news(news(RequestState.ADMITTED, 0, null), NOW);
    answers.news(news(RequestState.RUNNING, 0, null), NOW);
    for (int i = 0; i < 3; i++) {
      answers.done(image(i, 3), NOW);
    }
    answers.news(news(RequestState.COMPLETED, 3, ORIGINAL), NOW);

    assertThat(progress)
        .extracting(p -> p.getState() + " " + p.getImagesDone() + "/" + p.getImages())
        .containsExactly(
            "ADMITTED 0/3", "RUNNING 0/3", "RUNNING 1/3", "RUNNING 2/3", "COMPLETED 3/3");
    assertThat(rejects).isEmpty();
  }

  @Test
  void failedImagesAreOneRejectWithTheOriginalAtTheEndOfTheRequest() {
    answers.failed(image(0, 3), RejectException.of(RejectReason.OTHER, "first"), NOW);
    answers.done(image(1, 3), NOW);
    answers.failed(image(2, 3), RejectException.of(RejectReason.OUT_OF_MEMORY, "second"), NOW);
    assertThat(rejects).isEmpty();
    assertThat(answers.failed()).hasSize(1);

    answers.news(news(RequestState.COMPLETED, 3, ORIGINAL), NOW);

    assertThat(rejects).hasSize(1);
    RejectedRequest reject = rejects.get(0);
    assertThat(reject.getMessage()).isEqualTo("first (2 of 3 images failed)");
    assertThat(reject.getReason()).isEqualTo(RejectReason.OTHER);
    assertThat(reject.getOriginal().array()).isEqualTo(ORIGINAL);
    assertThat(reject.getRequestId()).isEqualTo("a");
    assertThat(reject.getSource()).isEqualTo("requests-0@7");
    assertThat(progress)
        .extracting(p -> p.getState() + " " + p.getImagesDone())
        .containsExactly("RUNNING 1", "REJECTED 1");
    assertThat(answers.failed()).isEmpty();
  }

  @Test
  void theRejectOfAnOnlyImageHasItsMessage() {
    answers.failed(image(0, 1), RejectException.of(RejectReason.OTHER, "broken"), NOW);
    answers.news(
        new RequestNews(
            "a",
            "requests-0@7",
            RequestState.COMPLETED,
            1,
            1,
            ORIGINAL,
            null,
            NOW,
            IncomingRecord.NO_HEADERS),
        NOW);

    assertThat(rejects).extracting(RejectedRequest::getMessage).containsExactly("broken");
    assertThat(progress).extracting(RequestProgress::getImagesDone).containsExactly(0);
  }

  @Test
  void anExpiredRequestStaysExpiredWhateverFailed() {
    answers.failed(image(0, 3), RejectException.of(RejectReason.OTHER, "broken"), NOW);
    answers.news(news(RequestState.EXPIRED, 1, ORIGINAL), NOW);

    assertThat(progress)
        .extracting(p -> p.getState() + " " + p.getImagesDone())
        .containsExactly("EXPIRED 0");
  }

  @Test
  void failedImagesOutliveARestore() throws Exception {
    answers.failed(image(0, 3), RejectException.of(RejectReason.OTHER, "broken"), NOW);
    FailedImagesSerializer serializer = new FailedImagesSerializer();
    Answers restored = new Answers(p -> progress.add(p.record()), r -> rejects.add(r.record()));
    for (FailedImages failed : answers.failed()) {
      restored.restore(serializer.deserialize(1, serializer.serialize(failed)));
    }

    restored.news(news(RequestState.COMPLETED, 3, ORIGINAL), NOW);

    assertThat(rejects)
        .extracting(RejectedRequest::getMessage)
        .containsExactly("broken (1 of 3 images failed)");
    assertThat(progress)
        .extracting(p -> p.getState() + " " + p.getImagesDone())
        .containsExactly("REJECTED 2");
  }

  private static RequestNews news(RequestState state, int done, byte[] original) {
    return new RequestNews(
        "a", "requests-0@7", state, 3, done, original, null, 1_000, IncomingRecord.NO_HEADERS);
  }

  private static DenoisedImage image(int index, int images) {
    LatentShape shape = new LatentShape(1, 1, 1);
    return new DenoisedImage(
        new ImageHeader(
            "a",
            "requests-0@7",
            index,
            images,
            "m",
            "ab",
            3,
            7,
            "ddim",
            4,
            "uniform",
            0,
            1,
            "FIRST_THREE",
            0,
            1,
            shape,
            "png",
            90,
            1,
            2,
            3,
            4,
            IncomingRecord.NO_HEADERS),
        new float[1]);
  }
}
