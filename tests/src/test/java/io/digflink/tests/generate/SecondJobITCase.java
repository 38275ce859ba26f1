package io.digflink.tests.generate;

import static org.assertj.core.api.Assertions.assertThat;

import io.digflink.schemas.GenerationRequest;
import io.digflink.tests.support.EmbeddedStack;
import io.digflink.tests.support.JobRun;
import io.digflink.tests.support.Requests;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.apache.flink.api.common.JobID;
import org.apache.flink.runtime.executiongraph.AccessExecutionGraph;
import org.apache.flink.runtime.executiongraph.ErrorInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two jobs with the same consumer group would both make all images: the second one is refused. */
class SecondJobITCase {
  @TempDir private Path directory;

  @Test
  void itIsRefusedWhileTheFirstRunsAndServesOnceThatHasEnded() throws Exception {
    try (EmbeddedStack stack = EmbeddedStack.start(directory)) {
      JobRun run = new JobRun(stack).send(request("first"));
      JobID first = run.start(1);
      run.awaitImages(1);

      JobID second = run.start(2);
      assertThat(awaitFailure(stack, second))
          .contains(
              "Expected no other job with this kafka.group-id and kafka.transaction-prefix, found"
                  + " job "
                  + first
                  + " at ")
          .contains("cancel one of them");
      assertThat(run.send(request("second")).awaitImages(2).digests())
          .containsOnlyKeys("first/0", "second/0");

      String savepoint = stack.stopWithSavepoint(first);
      stack.flink().cluster().cancelJob(second).get();
      JobID third = run.send(request("third")).start(2, savepoint);
      assertThat(run.awaitImages(3).digests()).containsOnlyKeys("first/0", "second/0", "third/0");
      stack.flink().cluster().cancelJob(third).get();
    }
  }

  private static String awaitFailure(EmbeddedStack stack, JobID job) throws Exception {
    Instant deadline = Instant.now().plusSeconds(60);
    while (true) {
      AccessExecutionGraph graph = stack.flink().cluster().getExecutionGraph(job).get();
      ErrorInfo failure = graph.getFailureInfo();
      if (failure != null) {
        return failure.getExceptionAsString();
      }
      assertThat(Instant.now()).isBefore(deadline);
    }
  }

  private static GenerationRequest request(String id) {
    return Requests.of(id).setSteps(10).setLabels(List.of(4)).setImagesPerLabel(1).build();
  }
}
