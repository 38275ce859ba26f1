package io.digflink.synthesis;

import io.digflink.synthesis.dataset.DatasetFinisher;
import io.digflink.synthesis.dataset.Manifest;
import io.digflink.synthesis.job.SynthesisJob;
import io.digflink.synthesis.job.SynthesisSettings;
import io.digflink.synthesis.plan.DatasetPlan;
import io.digflink.synthesis.store.OutputDirectory;
import java.io.IOException;
import java.io.PrintStream;
import java.util.concurrent.ExecutionException;
import org.apache.flink.api.common.JobStatus;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

/**
 * Makes a data set from whatever of it is there already: runs the job for what is missing, once
 * more for images that failed, then completes the directory. When the job itself fails, the cause
 * is reported and the job starts again.
 */
final class Synthesis {
  private static final int RESTARTS = 3;
  private static final long RESTART_DELAY_MILLIS = 1000;
  private static final long POLL_MILLIS = 1000;
  private static final String JOB = "The job failed: ";

  private final OutputDirectory directory;
  private final DatasetPlan plan;
  private final SynthesisSettings settings;
  private final SynthesisCluster cluster;
  private final PrintStream out;

  /**
   * @param out where progress is reported
   */
  Synthesis(
      OutputDirectory directory,
      DatasetPlan plan,
      SynthesisSettings settings,
      SynthesisCluster cluster,
      PrintStream out) {
    this.directory = directory;
    this.plan = plan;
    this.settings = settings;
    this.cluster = cluster;
    this.out = out;
  }

  /**
   * Makes the data set.
   *
   * @throws IOException if the job fails or the disk does; the same call goes on from there
   */
  Manifest run() throws IOException, InterruptedException {
    DiskSpace disk = new DiskSpace(directory::usableBytes, settings.dataset(), out);
    makeMissing(disk);
    if (Progress.onDisk(plan, settings.dataset()).missing() > 0) {
      makeMissing(disk); // what failed, once more
    }
    out.println("Completing shards, manifest and card");
    try {
      return new DatasetFinisher(directory, settings.dataset()).finish();
    } catch (IOException e) {
      throw failed("Completing the data set failed: ", e);
    }
  }

  /** Runs the job, and again when it fails: each time for what is not on the disk yet. */
  private void makeMissing(DiskSpace disk) throws IOException, InterruptedException {
    for (int restart = 1; ; restart++) {
      Progress progress = Progress.onDisk(plan, settings.dataset());
      disk.checkBefore(progress.missing());
      if (progress.done() > 0) {
        out.printf("%,d of %,d images are there already%n", progress.done(), plan.images());
      }
      try {
        runJob(progress, disk);
        return;
      } catch (JobFailedException e) {
        if (restart > RESTARTS) {
          throw failed(JOB, e.getCause());
        }
        out.printf(
            "The job failed and starts again (%d of %d): %s%n",
            restart, RESTARTS, rootOf(e.getCause()));
        Thread.sleep(RESTART_DELAY_MILLIS);
      }
    }
  }

  private void runJob(Progress progress, DiskSpace disk)
      throws IOException, InterruptedException, JobFailedException {
    StreamExecutionEnvironment environment = cluster.environment();
    SynthesisJob.build(environment, plan, settings);
    try {
      JobClient job = cluster.submit(environment);
      watch(job, progress, disk);
      if (job.getJobStatus().get() == JobStatus.FAILED) {
        throw new JobFailedException(causeOf(job));
      }
      progress.update(job.getJobExecutionResult().get().getAllAccumulatorResults());
      progress.print(out);
    } catch (IOException | InterruptedException | JobFailedException e) {
      throw e;
    } catch (Exception e) {
      throw failed(JOB, e);
    }
  }

  /** Reports progress until the job ends. */
  private void watch(JobClient job, Progress progress, DiskSpace disk) throws Exception {
    while (!job.getJobStatus().get().isGloballyTerminalState()) {
      Thread.sleep(POLL_MILLIS);
      try {
        progress.update(job.getAccumulators().get());
      } catch (ExecutionException e) {
        if (job.getJobStatus().get().isGloballyTerminalState()) {
          return; // a failed job of an embedded cluster has none
        }
        throw e;
      }
      progress.print(out);
      try {
        disk.checkWhile(progress);
      } catch (IOException e) {
        job.cancel().get();
        throw e;
      }
    }
  }

  /** Why a job that has failed did so. */
  private static Throwable causeOf(JobClient job) throws InterruptedException {
    try {
      job.getJobExecutionResult().get();
      return new IllegalStateException("Flink reports no cause");
    } catch (ExecutionException e) {
      return e;
    }
  }

  private static IOException failed(String what, Throwable cause) {
    return new IOException(
        what
            + rootOf(cause)
            + ". What is made is kept: mend the cause and start the same command again",
        cause);
  }

  private static Throwable rootOf(Throwable e) {
    return e.getCause() == null ? e : rootOf(e.getCause());
  }

  /** The job has ended because something in it failed. */
  private static final class JobFailedException extends Exception {
    private static final long serialVersionUID = 1L;

    JobFailedException(Throwable cause) {
      super(cause);
    }
  }
}
