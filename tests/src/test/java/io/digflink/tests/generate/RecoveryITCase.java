package io.digflink.tests.generate;

import static org.assertj.core.api.Assertions.assertThat;

import io.digflink.jobs.generate.GenerateOptions;
import io.digflink.operators.BuiltLibrary;
import io.digflink.schemas.GeneratedImage;
import io.digflink.schemas.GenerationRequest;
import io.digflink.schemas.RequestState;
import io.digflink.tests.support.EmbeddedStack;
import io.digflink.tests.support.JobRun;
import io.digflink.tests.support.ProgressOrder;
import io.digflink.tests.support.Requests;
import io.digflink.tests.support.TestModels;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.flink.api.common.JobID;
import org.apache.flink.api.common.JobStatus;
import org.apache.flink.runtime.executiongraph.AccessExecutionGraph;
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
    request("many", "ddim", 40, 1.5, 12),
    mamba()
  };

  @TempDir private static Path directory;
  private static EmbeddedStack stack;
  private static Map<String, String> undisturbed;
  private static int workersLost;

  @BeforeAll
  static void makeUndisturbed() throws Exception {
    stack = EmbeddedStack.start(directory);
    TestModels.exportDis(directory.resolve("models"));
    undisturbed = new JobRun(stack).send(REQUESTS).serveAll(1).digests();
    assertThat(undisturbed).hasSize(31);
  }

  @AfterAll
  static void stop() {
    stack.close();
  }

  @Test
  void everyImageIsThereOnceAndUnchangedAfterAWorkerIsLostInMidTrajectory() throws Exception {
    BuiltLibrary.require(); // the function bodies round otherwise in other batches
    JobRun run = new JobRun(stack).send(REQUESTS);
    JobID job = run.start(1);
    run.awaitBegun("slow");
    assertThat(run.digests()).doesNotContainKey("slow/0");

    loseWorker();

    assertThat(run.awaitImages(31).digests()).isEqualTo(undisturbed);
    assertThat(graph(job).getStatusTimestamp(JobStatus.RESTARTING)).isPositive();
    stack.flink().cluster().cancelJob(job).get();
  }

  @Test
  void aBoundedJobGoesOnInMidTrajectoryAfterAWorkerIsLostWhileItDrains() throws Exception {
    BuiltLibrary.require(); // the function bodies round otherwise in other batches
    JobRun run = new JobRun(stack).with(GenerateOptions.REQUESTS_BOUNDED, true).send(REQUESTS);
    JobID job = run.start(1);
    run.awaitBegun("many");
    awaitCheckpoints(job, 3);
    assertThat(run.digests()).doesNotContainKey("slow/0");

    loseWorker();

    assertThat(run.await(job).digests()).isEqualTo(undisturbed);
    assertThat(ProgressOrder.ends(run.progress()).values())
        .hasSize(REQUESTS.length)
        .allMatch(end -> end.getState() == RequestState.COMPLETED);
    assertThat(graph(job).getStatusTimestamp(JobStatus.RESTARTING)).isPositive();
  }

  @Test
  void aFullJobTakesCheckpointsBeforeAPlaceBecomesFree() throws Exception {
    JobRun run =
        new JobRun(stack)
            .with(GenerateOptions.MAX_IN_FLIGHT, 1)
            .with(GenerateOptions.MAX_WAITING, 1)
            .with(GenerateOptions.CHECKPOINT_INTERVAL, Duration.ofMillis(20));
    for (String id : List.of("first", "second", "third", "fourth")) {
      run.send(request(id, "ddpm", 1000, 2.5, 1));
    }
    JobID job = run.start(1);
    awaitAnyBegun(run);

    awaitCheckpoints(job, 3);

    assertThat(run.digests()).isEmpty();
    stack.flink().cluster().cancelJob(job).get();
  }

  /** Which request comes first is up to the topic's partitions. */
  private static void awaitAnyBegun(JobRun run) {
    Instant deadline = Instant.now().plusSeconds(30);
    while (run.progress().stream().noneMatch(p -> p.getState() == RequestState.RUNNING)) {
      assertThat(Instant.now()).isBefore(deadline);
    }
  }

  /** Waits until a job has completed so many checkpoints more. */
  private static void awaitCheckpoints(JobID job, int count) throws Exception {
    long before = checkpoints(job);
    Instant deadline = Instant.now().plusSeconds(30);
    while (checkpoints(job) < before + count) {
      assertThat(Instant.now()).isBefore(deadline);
    }
  }

  private static long checkpoints(JobID job) throws Exception {
    return graph(job).getCheckpointStatsSnapshot().getCounts().getNumberOfCompletedCheckpoints();
  }

  private static AccessExecutionGraph graph(JobID job) throws Exception {
    return stack.flink().cluster().getExecutionGraph(job).get();
  }

  private static void loseWorker() throws Exception {
    MiniCluster cluster = stack.flink().cluster();
    cluster.terminateTaskManager(workersLost++).get(1, TimeUnit.MINUTES);
    cluster.startTaskManager();
  }

  @Test
  void aJobStoppedInMidTrajectoryGoesOnAtAnotherParallelism() throws Exception {
    BuiltLibrary.require(); // the function bodies round otherwise in other batches
    JobRun run = new JobRun(stack).send(REQUESTS);
    JobID first = run.start(1);
    run.awaitBegun("slow");
    String savepoint = stack.stopWithSavepoint(first);
    assertThat(run.digests()).doesNotContainKey("slow/0");

    JobID second = run.start(3, savepoint);
    run.send(request("quick2", "ddim", 20, 1, 1)).awaitBegun("quick2");
    String savepointOfThree = stack.stopWithSavepoint(second);

    JobID third = run.start(2, savepointOfThree);
    Map<String, String> images = run.awaitImages(32).digests();
    stack.flink().cluster().cancelJob(third).get();
    assertThat(images).containsKey("quick2/0").containsAllEntriesOf(undisturbed);
    assertThat(images).hasSize(32);
    assertThat(run.images())
        .filteredOn(image -> image.getRequestId().equals("many"))
        .extracting(GeneratedImage::getIndex)
        .isSorted();
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

  /** A request of the DiS beside those of the DiG. */
  private static GenerationRequest mamba() {
    GenerationRequest request = request("mamba", "ddim", 100, 1.5, 4);
    request.setModel(TestModels.DIS);
    return request;
  }
}
