package io.digflink.synthesis;

import io.digflink.synthesis.dataset.DatasetFinisher;
import io.digflink.synthesis.dataset.Manifest;
import io.digflink.synthesis.job.SynthesisJob;
import io.digflink.synthesis.job.SynthesisSettings;
import io.digflink.synthesis.plan.DatasetPlan;
import io.digflink.synthesis.store.OutputDirectory;
import java.io.IOException;
import java.io.PrintStream;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

/**
 * Makes a data set from whatever of it is there already: runs the job for what is missing, once
 * more for what failed, then completes the directory.
 */
final class Synthesis {
  private static final int TRIES = 2;
  private static final long POLL_MILLIS = 1000;

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
    DiskSpace disk = new DiskSpace(directory, settings.dataset());
    for (int attempt = 1; attempt <= TRIES; attempt++) {
      Progress progress = Progress.onDisk(plan, settings.dataset());
      if (attempt > 1 && progress.missing() == 0) {
        break;
      }
      disk.checkBefore(progress.missing());
      if (progress.done() > 0) {
        out.printf("%,d of %,d images are there already%n", progress.done(), plan.images());
      }
      runJob(progress, disk);
    }
    out.println("Completing shards, manifest and card");
    return new DatasetFinisher(directory, settings.dataset()).finish();
  }

  private void runJob(Progress progress, DiskSpace disk) throws IOException, InterruptedException {
    StreamExecutionEnvironment environment = cluster.environment();
    SynthesisJob.build(environment, plan, settings);
    try {
      JobClient job = cluster.submit(environment);
      while (!job.getJobStatus().get().isGloballyTerminalState()) {
        Thread.sleep(POLL_MILLIS);
        progress.update(job.getAccumulators().get());
        progress.print(out);
        try {
          disk.checkWhile(progress);
        } catch (IOException e) {
          job.cancel().get();
          throw e;
        }
      }
      progress.update(job.getJobExecutionResult().get().getAllAccumulatorResults());
      progress.print(out);
    } catch (IOException | InterruptedException e) {
      throw e;
    } catch (Exception e) {
      throw new IOException(
          "The job failed: "
              + rootOf(e)
              + ". What is made is kept: mend the cause and start the same command again",
          e);
    }
  }

  private static Throwable rootOf(Throwable e) {
    return e.getCause() == null ? e : rootOf(e.getCause());
  }
}
