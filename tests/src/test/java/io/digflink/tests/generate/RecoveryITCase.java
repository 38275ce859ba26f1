package io.digflink.tests.generate;

import static org.assertj.core.api.Assertions.assertThat;

import io.digflink.schemas.GeneratedImage;
import io.digflink.schemas.GenerationRequest;
import io.digflink.tests.support.EmbeddedStack;
import io.digflink.tests.support.JobRun;
import io.digflink.tests.support.Requests;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.flink.api.common.JobID;
import org.apache.flink.api.common.JobStatus;
import org.apache.flink.core.execution.SavepointFormatType;
import org.apache.flink.runtime.minicluster.MiniCluster;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a failure or a stop in mid-trajectory changes of the images: nothing. */
class RecoveryITCase {
  private static final GenerationRequest[] REQUESTS = {
    // Seconds of work: still under way when a checkpoint has made its begin known.
    request("slow", "ddpm", 1000, 1, 6),
    request("guided", "dpm++", 200, 2.5, 4),
    request("quick", "ddim", 20, 1, 5),
    request("many", "ddim", 40, 1.5, 12)
  };

  @TempDir private static Path directory;
  private static EmbeddedStack stack;
  private static Map<String, String> undisturbed;

  @BeforeAll
  static void makeUndisturbed() throws Exception {
    stack = EmbeddedStack.start(directory);
    undisturbed = new JobRun(stack).send(REQUESTS).serveAll(1).digests();
    assertThat(undisturbed).hasSize(27);
  }

  @AfterAll
  static void stop() {
    stack.close();
  }

  @Test
  void everyImageIsThereOnceAndUnchangedAfterAWorkerIsLostInMidTrajectory() throws Exception {
    MiniCluster cluster = stack.flink().cluster();
    JobRun run = new JobRun(stack).send(REQUESTS);
    JobID job = run.start(1);
    run.awaitBegun("slow");
    assertThat(run.digests()).doesNotContainKey("slow/0");

    cluster.terminateTaskManager(0).get(1, TimeUnit.MINUTES);
    cluster.startTaskManager();

    assertThat(run.awaitImages(27).digests()).isEqualTo(undisturbed);
    assertThat(cluster.getExecutionGraph(job).get().getStatusTimestamp(JobStatus.RESTARTING))
        .isPositive();
    cluster.cancelJob(job).get();
  }

  @Test
  void aJobStoppedInMidTrajectoryGoesOnAtAnotherParallelism() throws Exception {
    JobRun run = new JobRun(stack).send(REQUESTS);
    JobID first = run.start(1);
    run.awaitBegun("slow");
    String savepoint = savepoint(first);
    assertThat(run.digests()).doesNotContainKey("slow/0");

    JobID second = run.start(3, savepoint);
    run.send(request("quick2", "ddim", 20, 1, 1)).awaitBegun("quick2");
    String savepointOfThree = savepoint(second);

    JobID third = run.start(2, savepointOfThree);
    Map<String, String> images = run.awaitImages(28).digests();
    stack.flink().cluster().cancelJob(third).get();
    assertThat(images).containsKey("quick2/0").containsAllEntriesOf(undisturbed);
    assertThat(images).hasSize(28);
    assertThat(run.images())
        .filteredOn(image -> image.getRequestId().equals("many"))
        .extracting(GeneratedImage::getIndex)
        .isSorted();
  }

  private static String savepoint(JobID job) throws Exception {
    return stack
        .flink()
        .cluster()
        .stopWithSavepoint(
            job,
            directory.resolve("savepoints").toUri().toString(),
            false,
            SavepointFormatType.CANONICAL)
        .get(1, TimeUnit.MINUTES);
  }

  private static GenerationRequest request(
      String id, String sampler, int steps, double guidance, int images) {
    return Requests.of(id)
        .setSampler(sampler)
        .setSteps(steps)
        .setGuidanceScale(guidance)
        .setLabels(List.of(4))
        .setImagesPerLabel(images)
        .build();
  }
}
