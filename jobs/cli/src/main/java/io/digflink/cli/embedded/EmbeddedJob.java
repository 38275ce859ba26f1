package io.digflink.cli.embedded;

import io.digflink.cli.process.Causes;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.Consumer;
import org.apache.flink.api.common.JobID;
import org.apache.flink.runtime.jobmaster.JobResult;
import org.apache.flink.runtime.minicluster.MiniCluster;
import org.apache.flink.util.SerializedThrowable;

/** A job on an embedded cluster, cancelled when it is closed. */
public final class EmbeddedJob implements AutoCloseable {
  private final MiniCluster cluster;
  private final JobID id;
  private final CompletableFuture<JobResult> result;
  private final RestartWatch watch;

  EmbeddedJob(MiniCluster cluster, JobID id, Consumer<String> restarts) {
    this.cluster = cluster;
    this.id = id;
    this.result = cluster.requestJobResult(id);
    this.watch = new RestartWatch(cluster, id, restarts);
  }

  /** Its id, as in the dashboard. */
  public JobID id() {
    return id;
  }

  /**
   * To be called while waiting for what a job without an end makes.
   *
   * @throws IOException if the job has ended, and why
   */
  public void checkRunning() throws IOException {
    if (result.isDone()) {
      JobResult ended = result.join();
      throw new IOException(
          "Expected the job to run, found it ended: " + ended.getApplicationStatus() + because());
    }
  }

  /**
   * Waits for the end of the job.
   *
   * @throws IOException if it is not the end of the job's input, and why
   */
  public void await() throws IOException, InterruptedException {
    try {
      if (!result.get().isSuccess()) {
        throw new IOException(
            "Expected the job to finish, found it ended: "
                + result.join().getApplicationStatus()
                + because());
      }
    } catch (ExecutionException e) {
      throw new IOException("Cannot learn how the job ended: " + Causes.sentence(e), e);
    }
  }

  private String because() {
    return result
        .join()
        .getSerializedThrowable()
        .map(cause -> ": " + sentence(cause))
        .orElse(", in the dashboard for instance");
  }

  /** The cause of a failure that a task or the cluster reports. */
  static String sentence(SerializedThrowable failure) {
    return Causes.sentence(failure.deserializeError(EmbeddedJob.class.getClassLoader()));
  }

  @Override
  public void close() {
    watch.close();
    if (!result.isDone()) {
      cluster.cancelJob(id).join();
      result.join();
    }
  }
}
