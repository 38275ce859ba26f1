package io.digflink.cli.embedded;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import org.apache.flink.api.common.JobID;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.HeartbeatManagerOptions;
import org.apache.flink.configuration.MemorySize;
import org.apache.flink.configuration.MetricOptions;
import org.apache.flink.configuration.RestOptions;
import org.apache.flink.configuration.TaskManagerOptions;
import org.apache.flink.runtime.minicluster.MiniCluster;
import org.apache.flink.runtime.minicluster.MiniClusterConfiguration;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

/** A Flink session cluster in this JVM, with the dashboard; it outlives the jobs that it runs. */
public final class EmbeddedFlink implements AutoCloseable {
  private final MiniCluster cluster;

  private EmbeddedFlink(MiniCluster cluster) {
    this.cluster = cluster;
  }

  /**
   * Starts the cluster; returns when it takes jobs.
   *
   * @param slots task slots: the greatest parallelism of a job
   * @param directory where checkpoints are kept
   */
  public static EmbeddedFlink start(int slots, Path directory) throws Exception {
    Configuration configuration = new Configuration();
    configuration.set(RestOptions.BIND_PORT, "0");
    configuration.set(RestOptions.ADDRESS, "localhost");
    configuration.set(TaskManagerOptions.MANAGED_MEMORY_SIZE, MemorySize.ofMebiBytes(16));
    configuration.set(
        CheckpointingOptions.CHECKPOINTS_DIRECTORY, directory.resolve("checkpoints").toUri() + "");
    configuration.set(MetricOptions.METRIC_FETCHER_UPDATE_INTERVAL, Duration.ofSeconds(1));
    // Accumulators, and with them the progress that commands show, come with heartbeats.
    configuration.set(HeartbeatManagerOptions.HEARTBEAT_INTERVAL, Duration.ofSeconds(1));
    MiniCluster cluster =
        new MiniCluster(
            new MiniClusterConfiguration.Builder()
                .setConfiguration(configuration)
                .setNumTaskManagers(1)
                .setNumSlotsPerTaskManager(slots)
                .withRandomPorts()
                .build());
    cluster.start();
    return new EmbeddedFlink(cluster);
  }

  /** Address of the dashboard. */
  public URI dashboard() {
    return cluster.getRestAddress().join();
  }

  /** Submits the job that was built on an environment and returns at once. */
  public JobID submit(StreamExecutionEnvironment environment) {
    return cluster.submitJob(environment.getStreamGraph()).join().getJobID();
  }

  /** The cluster itself: to wait for jobs, cancel them, and take savepoints. */
  public MiniCluster cluster() {
    return cluster;
  }

  @Override
  public void close() {
    cluster.closeAsync().join();
  }
}
