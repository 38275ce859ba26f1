package io.digflink.tests.generate;

import static org.assertj.core.api.Assertions.assertThat;

import io.digflink.jobs.generate.GenerateOptions;
import io.digflink.schemas.GeneratedImage;
import io.digflink.schemas.GenerationRequest;
import io.digflink.schemas.RejectReason;
import io.digflink.schemas.RejectedRequest;
import io.digflink.schemas.RequestProgress;
import io.digflink.schemas.RequestState;
import io.digflink.schemas.codec.RecordCodec;
import io.digflink.tests.support.EmbeddedStack;
import io.digflink.tests.support.FailingModels;
import io.digflink.tests.support.JobRun;
import io.digflink.tests.support.ProgressOrder;
import io.digflink.tests.support.Requests;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.flink.api.common.JobID;
import org.apache.flink.core.execution.SavepointFormatType;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A client that keeps the last state of each request knows how it ended. */
class ProgressITCase {
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

  @Test
  void theProgressOfEveryRequestIsInOrderAndEndsOnce() throws Exception {
    JobRun run = newRun();
    for (int i = 0; i < 53; i++) {
      run.send(request("r" + i, 1 + i % 4, 1 + i % 5).build());
    }
    run.send(request("late", 1, 1).setDeadline(Instant.ofEpochMilli(1)).build());
    run.send(request("wrong", 1, 0).build());

    Map<String, RequestProgress> ends = ProgressOrder.ends(run.serveAll(2).progress());

    assertThat(ends).hasSize(54).doesNotContainKey("wrong");
    assertThat(ends.remove("late").getState()).isEqualTo(RequestState.EXPIRED);
    assertThat(ends.values())
        .allSatisfy(
            end -> {
              assertThat(end.getState()).isEqualTo(RequestState.COMPLETED);
              assertThat(end.getImagesDone()).isEqualTo(end.getImages());
            });
    assertThat(run.rejected())
        .extracting(RejectedRequest::getRequestId)
        .containsExactlyInAnyOrder("late", "wrong");
  }

  @Test
  void theOrderOutlivesAStopInMidFlightAndAnotherParallelism() throws Exception {
    JobRun run = newRun();
    run.send(request("slow", 2, 700).build());
    for (int i = 0; i < 20; i++) {
      run.send(request("r" + i, 3, 6).build());
    }
    JobID first = run.start(2);
    run.awaitBegun("slow");
    String savepoint =
        stack
            .flink()
            .cluster()
            .stopWithSavepoint(
                first,
                directory.resolve("savepoints").toUri().toString(),
                false,
                SavepointFormatType.CANONICAL)
            .get();
    assertThat(run.digests()).doesNotContainKey("slow/0");

    JobID second = run.start(3, savepoint);
    run.awaitEnds(21);
    stack.flink().cluster().cancelJob(second).get();

    assertThat(ProgressOrder.ends(run.progress()).values())
        .hasSize(21)
        .allMatch(end -> end.getState() == RequestState.COMPLETED);
    assertThat(run.digests()).hasSize(62);
  }

  @Test
  void imagesThatCannotBeDecodedAreOneRejectWithTheOriginalAndNoCompletion() throws Exception {
    Path models = directory.resolve("failing-models");
    FailingModels.exportFailingDecoder(models);
    GenerationRequest[] requests = new GenerationRequest[6];
    for (int i = 0; i < requests.length; i++) {
      requests[i] = request("r" + i, 4, 3).setSeed(i).build();
    }
    JobRun run = newRun().with(GenerateOptions.MODEL_DIRECTORY, models.toString()).send(requests);

    Map<String, RequestProgress> ends = ProgressOrder.ends(run.serveAll(2).progress());

    Map<String, Long> images =
        run.images().stream()
            .collect(Collectors.groupingBy(GeneratedImage::getRequestId, Collectors.counting()));
    Map<String, RejectedRequest> rejects =
        run.rejected().stream()
            .collect(Collectors.toMap(RejectedRequest::getRequestId, reject -> reject));
    assertThat(rejects).as("some of 24 images fail").isNotEmpty();
    RecordCodec<GenerationRequest> codec = RecordCodec.of(GenerationRequest.class);
    for (GenerationRequest request : requests) {
      String id = request.getRequestId();
      long done = images.getOrDefault(id, 0L);
      RejectedRequest reject = rejects.get(id);
      assertThat(ends.get(id).getImagesDone()).isEqualTo(done);
      assertThat(ends.get(id).getState())
          .isEqualTo(done == 4 ? RequestState.COMPLETED : RequestState.REJECTED);
      assertThat(reject == null).isEqualTo(done == 4);
      if (reject != null) {
        assertThat(reject.getReason()).isEqualTo(RejectReason.OTHER);
        assertThat(reject.getMessage())
            .startsWith("The decoder fails on image")
            .endsWith("(" + done + " of 4 images are done)");
        assertThat(codec.decode(reject.getOriginal().array())).isEqualTo(request);
      }
    }
  }

  @Test
  void anImageSaysWhatWasDoneAndInWhichForm() throws Exception {
    GenerationRequest unconditional =
        request("unconditional", 1, 4).setLabels(List.of()).setGuidanceScale(3).build();
    GenerationRequest shouting =
        request("shouting", 1, 4)
            .setSampler("DDIM")
            .setImageFormat("PNG")
            .setGuidanceScale(2)
            .build();
    JobRun run = newRun().send(unconditional, shouting);

    Map<String, GeneratedImage> images =
        run.serveAll(1).images().stream()
            .collect(Collectors.toMap(GeneratedImage::getRequestId, image -> image));

    GeneratedImage plain = images.get("unconditional");
    assertThat(plain.getLabel()).isNull();
    assertThat(plain.getGuidanceScale()).isEqualTo(1);
    assertThat(images.get("shouting").getGuidanceScale()).isEqualTo(2);
    assertThat(images.get("shouting").getSampler()).isEqualTo("ddim");
    assertThat(images.get("shouting").getFormat()).isEqualTo("png");
  }

  /** The models are so small that a second thread costs more than it gives. */
  private static JobRun newRun() throws InterruptedException {
    return new JobRun(stack).with(GenerateOptions.INTRA_OP_THREADS, 1);
  }

  private static GenerationRequest.Builder request(String id, int images, int steps) {
    return Requests.of(id).setImagesPerLabel(images).setSteps(steps);
  }
}
