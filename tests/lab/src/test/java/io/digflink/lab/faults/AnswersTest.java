package io.digflink.lab.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.digflink.schemas.GeneratedImage;
import io.digflink.schemas.RejectReason;
import io.digflink.schemas.RejectedRequest;
import io.digflink.schemas.codec.TrustedRecords;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import org.apache.commons.codec.digest.DigestUtils;
import org.junit.jupiter.api.Test;

/** The judge of the faults: it must see each thing that can go wrong. */
class AnswersTest {
  static {
    TrustedRecords.install();
  }

  private static final Workload WORKLOAD = new Workload("model", 10, 6);

  /** Six of them can be served and ask for 1, 2, 3, 1, 2, 3 images; the seventh cannot. */
  private static final int REQUESTS = 7;

  private final Answers answers = new Answers(WORKLOAD, undisturbed());

  @Test
  void anAnswerToEverythingOnceIsGood() {
    answerAll(answers);
    assertThat(answers.judge(REQUESTS)).isEqualTo(new Verdict(7, 12, 1, 0, 0, 0, 0));
    assertThat(answers.answered()).isEqualTo(REQUESTS);
  }

  @Test
  void anImageThatNeverCameIsLostAndSoIsAReject() {
    assertThat(answers.judge(REQUESTS)).isEqualTo(new Verdict(7, 12, 1, 13, 0, 0, 0));
  }

  @Test
  void aSecondImageOrRejectIsTwice() {
    answerAll(answers);
    answers.image(image(4, 1, "4/1"));
    answers.reject(reject(6));
    assertThat(answers.judge(REQUESTS)).isEqualTo(new Verdict(7, 12, 1, 0, 2, 0, 0));
  }

  @Test
  void otherBytesThanAnUndisturbedRunsAreTold() {
    answerAll(answers);
    Answers other = new Answers(WORKLOAD, undisturbed());
    other.image(image(0, 0, "something else"));
    assertThat(other.judge(REQUESTS).differing()).isEqualTo(1);
    assertThat(answers.judge(REQUESTS).differing()).isZero();
  }

  @Test
  void anImageNobodyAskedForAndTheRejectOfAGoodRequestAreTold() {
    answerAll(answers);
    answers.image(image(7, 0, "1/0"));
    answers.reject(reject(3));
    assertThat(answers.judge(REQUESTS)).isEqualTo(new Verdict(7, 12, 1, 0, 0, 0, 2));
  }

  private static void answerAll(Answers answers) {
    for (int number = 0; number < REQUESTS; number++) {
      if (!WORKLOAD.isValid(number)) {
        answers.reject(reject(number));
        continue;
      }
      for (int index = 0; index < WORKLOAD.images(WORKLOAD.kind(number)); index++) {
        answers.image(image(number, index, number + "/" + index));
      }
    }
  }

  private static Map<String, String> undisturbed() {
    Map<String, String> digests = new HashMap<>();
    for (int kind = 0; kind < WORKLOAD.kinds(); kind++) {
      for (int index = 0; index < WORKLOAD.images(kind); index++) {
        digests.put(kind + "/" + index, DigestUtils.sha256Hex(kind + "/" + index));
      }
    }
    return digests;
  }

  private static GeneratedImage image(int number, int index, String content) {
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
