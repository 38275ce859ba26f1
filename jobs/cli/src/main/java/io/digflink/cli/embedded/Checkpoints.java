package io.digflink.cli.embedded;

import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.StreamSupport;
import org.apache.flink.api.common.JobID;
import org.apache.flink.runtime.execution.ExecutionState;
import org.apache.flink.runtime.executiongraph.AccessExecutionGraph;
import org.apache.flink.runtime.minicluster.MiniCluster;

/**
 * Takes a job's checkpoints, one soon after the other, while all its tasks run. Flink's own timer
 * starts with the job: until the models are loaded it would count a failed checkpoint at each tick.
 */
final class Checkpoints implements AutoCloseable {
  private final MiniCluster cluster;
  private final JobID job;
  private final Duration pause;
  private final Thread thread;

  /**
   * Begins to take checkpoints.
   *
   * @param pause the time between the end of one and the start of the next
   */
  Checkpoints(MiniCluster cluster, JobID job, Duration pause) {
    this.cluster = cluster;
    this.job = job;
    this.pause = pause;
    this.thread = new Thread(this::run, "dig-checkpoints");
    thread.setDaemon(true);
    thread.start();
  }

  private void run() {
    try {
      while (true) {
        AccessExecutionGraph graph = cluster.getExecutionGraph(job).get();
        if (graph.getState().isGloballyTerminalState()) {
          return;
        }
        if (allTasksRun(graph)) {
          takeOne();
        }
        TimeUnit.MILLISECONDS.sleep(pause.toMillis());
      }
    } catch (InterruptedException | ExecutionException | IllegalStateException e) {
      // This or the cluster is closed.
    }
  }

  private void takeOne() throws InterruptedException {
    try {
      cluster.triggerCheckpoint(job).get();
    } catch (ExecutionException e) {
      // Flink counts and logs it; the next one may succeed.
    }
  }

  private static boolean allTasksRun(AccessExecutionGraph graph) {
    return StreamSupport.stream(graph.getAllExecutionVertices().spliterator(), false)
        .allMatch(task -> task.getExecutionState() == ExecutionState.RUNNING);
  }

  @Override
  public void close() {
    thread.interrupt();
  }
}
