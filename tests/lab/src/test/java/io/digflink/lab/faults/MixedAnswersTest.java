package io.digflink.lab.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.digflink.schemas.GeneratedImage;
import io.digflink.schemas.RejectReason;
import io.digflink.schemas.RejectedRequest;
import io.digflink.schemas.RequestProgress;
import io.digflink.schemas.RequestState;
import io.digflink.schemas.codec.TrustedRecords;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * The judge of large, cancelled and repeated requests: it must see each thing that can go wrong.
 */
class MixedAnswersTest {
  static {
    TrustedRecords.install();
  }

  private static final Workload WORKLOAD = new Workload("model", 10, 24).mixed();

  /** Large: 0; cancelled: 1 (large) and 11; of earlier ones: 4, 7, 9; not valid: 6. */
  private static final int REQUESTS = 12;

  private static final int LARGE_CANCELLED = 1;
  private static final int CANCELLED = 11;

  private final Answers answers = new Answers(WORKLOAD, null);

  @Test
  void aMixHasAllRoles() {
    assertThat(Arrays.stream(Role.values()))
        .allMatch(role -> IntStream.range(0, 20).anyMatch(n -> WORKLOAD.role(n) == role));
    assertThat(WORKLOAD.id(4)).isEqualTo(WORKLOAD.id(0));
    assertThat(WORKLOAD.bytes(4)).isEqualTo(WORKLOAD.bytes(0));
    assertThat(WORKLOAD.id(9)).isEqualTo(WORKLOAD.id(8));
    assertThat(WORKLOAD.bytes(9)).isNotEqualTo(WORKLOAD.bytes(8));
  }

  @Test
  void someImagesOfCancelledRequestsAreGoodIfTheEndCountsThem() {
    answerAll();
    Verdict verdict = answers.judge(REQUESTS);
    assertThat(verdict).matches(Verdict::isGood, "is good");
    assertThat(verdict.mix()).isEqualTo(new Mix(1, 2, 1, 2, 0, 2, 0, 0));
    assertThat(verdict.invalid()).isEqualTo(2);
    assertThat(answers.answered()).isEqualTo(REQUESTS);
  }

  @Test
  void anImageAfterItsRequestsCancelledIsTold() {
    answerAll();
    answers.close();
    answers.image(image(LARGE_CANCELLED, 2));
    Mix mix = answers.judge(REQUESTS).mix();
    assertThat(mix.afterCancelled()).isEqualTo(1);
    assertThat(mix.wrongEnds()).as("ends that count other images than there are").isEqualTo(1);
  }

  @Test
  void whatARepeatMakesIsTwice() {
    answerAll();
    answers.image(image(0, 5));
    assertThat(answers.judge(REQUESTS).twice()).isEqualTo(1);
  }

  @Test
  void aConflictThatIsNotRejectedIsLost() {
    answerAllBut(9);
    assertThat(answers.judge(REQUESTS).lost()).isEqualTo(1);
  }

  @Test
  void aCancelledRequestWithoutAnEndIsLost() {
    answerAllBut(CANCELLED);
    assertThat(answers.judge(REQUESTS).lost()).isEqualTo(1);
  }

  @Test
  void newsAfterTheEndAndASecondEndAreTold() {
    answerAll();
    answers.progress(progress(CANCELLED, RequestState.RUNNING, 0));
    answers.progress(progress(CANCELLED, RequestState.CANCELLED, 0));
    assertThat(answers.judge(REQUESTS).mix().wrongEnds()).isEqualTo(2);
  }

  private void answerAll() {
    answerAllBut(-1);
  }

  private void answerAllBut(int left) {
    for (int number = 0; number < REQUESTS; number++) {
      answers.sent(number);
      if (number != left) {
        answer(number);
      }
    }
  }

  private void answer(int number) {
    switch (WORKLOAD.role(number)) {
      case PLAIN, LARGE -> {
        for (int index = 0; index < WORKLOAD.images(WORKLOAD.kind(number)); index++) {
          answers.image(image(number, index));
        }
      }
      case INVALID, CONFLICT -> answers.reject(reject(number));
      case LARGE_CANCELLED -> {
        answers.image(image(number, 0));
        answers.progress(progress(number, RequestState.CANCELLED, 2));
        answers.image(image(number, 7));
      }
      case CANCELLED -> answers.progress(progress(number, RequestState.CANCELLED, 0));
      case REPEAT -> {
        // Nothing comes of it.
      }
    }
  }

  private static RequestProgress progress(int number, RequestState state, int done) {
    return RequestProgress.newBuilder()
        .setRequestId(WORKLOAD.id(number))
        .setState(state)
        .setImages(WORKLOAD.images(WORKLOAD.kind(number)))
        .setImagesDone(done)
        .setAt(Instant.EPOCH)
        .build();
  }

  private static GeneratedImage image(int number, int index) {
    String content = WORKLOAD.kind(number) + "/" + index;
    return GeneratedImage.newBuilder()
        .setRequestId(WORKLOAD.id(number))
        .setIndex(index)
        .setCount(1)
        .setSeed(0)
        .setSampler("ddim")
        .setSteps(1)
        .setWidth(1)
        .setHeight(1)
        .setFormat("png")
        .setBytes(ByteBuffer.wrap(content.getBytes()))
        .setSize(content.length())
        .setSha256("not looked at")
        .setModel("model")
        .setBundleDigest("")
        .setCompletedAt(Instant.EPOCH)
        .build();
  }

  private static RejectedRequest reject(int number) {
    return RejectedRequest.newBuilder()
        .setReason(RejectReason.OTHER)
        .setMessage("")
        .setOriginal(ByteBuffer.wrap(WORKLOAD.bytes(number)))
        .setAt(Instant.EPOCH)
        .build();
  }
}
