package io.digflink.tests.queue;

import static org.assertj.core.api.Assertions.assertThat;

import io.digflink.jobs.generate.GenerateOptions;
import io.digflink.schemas.GenerationRequest;
import io.digflink.schemas.ImagePreview;
import io.digflink.schemas.RejectReason;
import io.digflink.schemas.RejectedRequest;
import io.digflink.schemas.RequestProgress;
import io.digflink.schemas.RequestState;
import io.digflink.tests.support.AwaitedMetric;
import io.digflink.tests.support.EmbeddedStack;
import io.digflink.tests.support.JobRun;
import io.digflink.tests.support.ProgressOrder;
import io.digflink.tests.support.Requests;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.apache.flink.api.common.JobID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(180)
class QueueITCase {
  /** So long that the test is done with it before the job is. */
  private static final int MANY_STEPS = 900;

  @TempDir private static Path directory;
  private static EmbeddedStack stack;

  @BeforeAll
  static void start() throws Exception {
    stack = EmbeddedStack.start(directory);
  }

  @AfterAll
  static void stop() {
    stack.close();
  }

  private static JobRun newRun() throws InterruptedException {
    return new JobRun(stack).with(GenerateOptions.INTRA_OP_THREADS, 1).withAllTopics();
  }

  @Test
  void aCancelledRequestEndsWithTheImagesThatItHasAndTheOthersGoOn() throws Exception {
    JobRun run = newRun();
    run.send(Requests.of("quick").setImagesPerLabel(3).build());
    run.send(Requests.of("long").setImagesPerLabel(200).setSteps(MANY_STEPS).build());
    JobID job = run.start(2);
    run.awaitBegun("long");

    run.cancel("long", "nobody", "long");
    run.awaitEnds(2);
    run.send(Requests.of("later").build());
    run.awaitEnds(3);
    stack.flink().cluster().cancelJob(job).get();

    Map<String, RequestProgress> ends = ProgressOrder.ends(run.progress());
    assertThat(ends.get("long").getState()).isEqualTo(RequestState.CANCELLED);
    assertThat(ends.get("later").getState()).isEqualTo(RequestState.COMPLETED);
    assertThat(ends.get("quick").getState()).isEqualTo(RequestState.COMPLETED);
    assertThat(imagesOf(run, "long")).isEqualTo(ends.get("long").getImagesDone()).isLessThan(200);
    assertThat(run.rejected()).isEmpty();
  }

  @Test
  void aRequestMayBeCancelledBeforeItComesAndByARecordWithoutAValue() throws Exception {
    JobRun run = newRun();
    run.cancel("early");
    JobID job = run.start(1);
    AwaitedMetric.reaches(stack, job, "Denoise.cancellations", 1);

    run.send(Requests.of("early").build());
    run.send(Requests.of("long").setImagesPerLabel(50).setSteps(MANY_STEPS).build());
    run.awaitBegun("long");
    run.sendTombstone("long");
    run.awaitEnds(2);
    stack.flink().cluster().cancelJob(job).get();

    Map<String, RequestProgress> ends = ProgressOrder.ends(run.progress());
    assertThat(ends.get("early").getState()).isEqualTo(RequestState.CANCELLED);
    assertThat(ends.get("early").getImagesDone()).isZero();
    assertThat(ends.get("long").getState()).isEqualTo(RequestState.CANCELLED);
    assertThat(imagesOf(run, "early")).isZero();
  }

  @Test
  void aRepeatedRequestIsServedOnceAndOneWithOtherContentIsAConflict() throws Exception {
    JobRun run = newRun();
    GenerationRequest request = Requests.of("r").setImagesPerLabel(5).build();
    run.send(request, request);
    run.send(Requests.of("r").setImagesPerLabel(6).build(), request);

    run.serveAll(2);

    assertThat(run.digests()).hasSize(5);
    assertThat(ProgressOrder.ends(run.progress()))
        .hasSize(1)
        .allSatisfy((id, end) -> assertThat(end.getState()).isEqualTo(RequestState.COMPLETED));
    assertThat(run.rejected())
        .singleElement()
        .satisfies(
            reject -> {
              assertThat(reject.getReason()).isEqualTo(RejectReason.CONFLICT);
              assertThat(reject.getRequestId()).isEqualTo("r");
            });
  }

  @Test
  void bytesDoNotDependOnTheCutAndAllSubtasksMakeImagesOfOneRequest() throws Exception {
    GenerationRequest large = Requests.of("large").setImagesPerLabel(100).build();

    Map<String, String> alone = newRun().send(large).serveAll(1).digests();
    Map<String, String> shared = newRun().send(large).serveAll(4).digests();

    assertThat(alone).hasSize(100);
    assertThat(shared).isEqualTo(alone);
  }

  @Test
  void previewsComeWhileAnImageIsMadeAndAreSmallPictures() throws Exception {
    JobRun run = newRun();
    run.send(Requests.of("seen").setSteps(9).setPreviewEvery(3).build());
    run.send(Requests.of("unseen").setSteps(9).build());

    run.serveAll(1);

    List<ImagePreview> previews = run.previews();
    assertThat(previews)
        .extracting(ImagePreview::getStep)
        .isSubsetOf(IntStream.of(3, 6).boxed().toList())
        .isNotEmpty();
    for (ImagePreview preview : previews) {
      assertThat(preview.getRequestId()).isEqualTo("seen");
      BufferedImage image = ImageIO.read(new ByteArrayInputStream(preview.getBytes().array()));
      assertThat(image.getWidth()).isEqualTo(preview.getWidth());
      assertThat(image.getHeight()).isEqualTo(preview.getHeight());
    }
    assertThat(run.rejected()).extracting(RejectedRequest::getMessage).isEmpty();
  }

  private static long imagesOf(JobRun run, String requestId) {
    return run.images().stream().filter(i -> i.getRequestId().equals(requestId)).count();
  }
}
