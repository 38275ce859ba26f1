package io.digflink.cli.embedded;

import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.apache.flink.api.common.JobID;
import org.apache.flink.api.common.JobStatus;
import org.apache.flink.runtime.executiongraph.AccessExecutionGraph;
import org.apache.flink.runtime.executiongraph.ErrorInfo;
import org.apache.flink.runtime.minicluster.MiniCluster;

/** Reports each failure of a job that Flink answers by restarting it, with its cause. */
final class RestartWatch implements AutoCloseable {
  private static final Duration INTERVAL = Duration.ofMillis(500);

  private final MiniCluster cluster;
  private final JobID job;
  private final Consumer<String> report;
  private final Thread thread;
  private long lastFailure;

  /**
   * Begins to watch.
   *
   * @param report receives a sentence for each restart, on a thread of its own
   */
  RestartWatch(MiniCluster cluster, JobID job, Consumer<String> report) {
    this.cluster = cluster;
    this.job = job;
    this.report = report;
    this.thread = new Thread(this::watch, "dig-restart-watch");
    thread.setDaemon(true);
    thread.start();
  }

  private void watch() {
    try {
      while (true) {
        AccessExecutionGraph graph = cluster.getExecutionGraph(job).get();
        if (graph.getState().isGloballyTerminalState()) {
          return; // whoever waits for the job reports how it ended
        }
        look(graph);
        TimeUnit.MILLISECONDS.sleep(INTERVAL.toMillis());
      }
    } catch (InterruptedException | ExecutionException | IllegalStateException e) {
      // The watch or the cluster is closed.
    }
  }

  private void look(AccessExecutionGraph graph) {
    ErrorInfo failure = graph.getFailureInfo();
    boolean goesOn =
        graph.getState() == JobStatus.RUNNING || graph.getState() == JobStatus.RESTARTING;
    if (goesOn && failure != null && failure.getTimestamp() > lastFailure) {
      lastFailure = failure.getTimestamp();
      report.accept("The job failed and restarts: " + EmbeddedJob.sentence(failure.getException()));
    }
  }

  @Override
  public void close() {
    thread.interrupt();
  }
}
