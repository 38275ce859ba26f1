package io.digflink.cli.embedded;

import io.digflink.cli.process.Teardown;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.Consumer;
import org.apache.flink.api.common.JobID;
import org.apache.flink.configuration.BlobServerOptions;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.CoreOptions;
import org.apache.flink.configuration.HeartbeatManagerOptions;
import org.apache.flink.configuration.JobManagerOptions;
import org.apache.flink.configuration.MemorySize;
import org.apache.flink.configuration.MetricOptions;
import org.apache.flink.configuration.RestOptions;
import org.apache.flink.configuration.TaskManagerOptions;
import org.apache.flink.configuration.WebOptions;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.runtime.minicluster.MiniCluster;
import org.apache.flink.runtime.minicluster.MiniClusterConfiguration;
import org.apache.flink.runtime.minicluster.MiniClusterJobClient;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

/**
 * A Flink session cluster in this JVM, with the dashboard; it outlives the jobs that it runs.
 * Nobody can reach it from another machine, unless the dashboard is opened on purpose, and its
 * ports take no jobs: those come from this JVM only.
 */
public final class EmbeddedFlink implements AutoCloseable {
  private static final String LOOPBACK = "localhost";

  private final MiniCluster cluster;

  private EmbeddedFlink(MiniCluster cluster) {
    this.cluster = cluster;
  }

  /**
   * Starts the cluster, with a dashboard for this machine; returns when it takes jobs.
   *
   * @param slots task slots: the greatest parallelism of a job
   * @param directory where checkpoints and temporary files are kept
   */
  public static EmbeddedFlink start(int slots, Path directory) throws Exception {
    return start(slots, directory, LOOPBACK);
  }

  /**
   * Starts the cluster; returns when it takes jobs.
   *
   * @param dashboardHost the address that the dashboard listens on
   */
  public static EmbeddedFlink start(int slots, Path directory, String dashboardHost)
      throws Exception {
    Configuration configuration = new Configuration();
    configuration.set(RestOptions.BIND_PORT, "0");
    configuration.set(RestOptions.ADDRESS, LOOPBACK);
    configuration.set(RestOptions.BIND_ADDRESS, dashboardHost);
    configuration.set(WebOptions.SUBMIT_ENABLE, false);
    configuration.set(ReadOnlyDashboard.ENABLED, true);
    configuration.set(JobManagerOptions.BIND_HOST, LOOPBACK);
    configuration.set(TaskManagerOptions.BIND_HOST, LOOPBACK);
    // The cache of the blob server asks at the host's outer address, where it does not listen.
    configuration.set(BlobServerOptions.OFFLOAD_MINSIZE, Integer.MAX_VALUE);
    configuration.set(CoreOptions.TMP_DIRS, directory.resolve("tmp").toString());
    configuration.set(WebOptions.TMP_DIR, directory.resolve("web").toString());
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
    EmbeddedFlink flink = new EmbeddedFlink(cluster);
    Teardown.add(flink);
    cluster.start();
    return flink;
  }

  /** Address of the dashboard. */
  public URI dashboard() {
    return cluster.getRestAddress().join();
  }

  /** Submits the job that was built on an environment and returns at once. */
  public JobID submit(StreamExecutionEnvironment environment) {
    return cluster.submitJob(environment.getStreamGraph()).join().getJobID();
  }

  /**
   * Submits a job and watches it.
   *
   * @param restarts receives a sentence for each restart of the job
   */
  public EmbeddedJob run(StreamExecutionEnvironment environment, Consumer<String> restarts) {
    return new EmbeddedJob(cluster, submit(environment), restarts);
  }

  /** Flink's own view of a job. */
  public JobClient client(JobID job) {
    return new MiniClusterJobClient(
        job,
        cluster,
        getClass().getClassLoader(),
        MiniClusterJobClient.JobFinalizationBehavior.NOTHING);
  }

  /** The cluster itself: to wait for jobs, cancel them, and take savepoints. */
  public MiniCluster cluster() {
    return cluster;
  }

  @Override
  public void close() {
    cluster.closeAsync().join();
    Teardown.remove(this);
  }
}
