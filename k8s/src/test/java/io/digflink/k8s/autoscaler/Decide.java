package io.digflink.k8s.autoscaler;

import io.digflink.k8s.autoscaler.SimulatedJob.Report;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import org.apache.flink.api.common.JobID;
import org.apache.flink.api.common.JobStatus;
import org.apache.flink.autoscaler.DelayedScaleDown;
import org.apache.flink.autoscaler.JobAutoScalerContext;
import org.apache.flink.autoscaler.ScalingExecutor;
import org.apache.flink.autoscaler.ScalingMetricEvaluator;
import org.apache.flink.autoscaler.ScalingTracking;
import org.apache.flink.autoscaler.event.LoggingEventHandler;
import org.apache.flink.autoscaler.metrics.CollectedMetricHistory;
import org.apache.flink.autoscaler.metrics.EvaluatedMetrics;
import org.apache.flink.autoscaler.state.InMemoryAutoScalerStateStore;
import org.apache.flink.autoscaler.topology.JobTopology;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.metrics.groups.UnregisteredMetricsGroup;

/**
 * Runs a simulated job and prints what the operator's autoscaler makes of it. A process of its own,
 * since the published autoscaler runs on Flink 1.19 only.
 *
 * <p>Arguments: a file of settings, then those of {@link SimulatedJob}, the requests that wait at
 * first, minutes, and requests per second. Prints the parallelism of Denoise, that of Decode, and
 * how many images still wait.
 */
final class Decide {
  private static final int WINDOW_MINUTES = 5;

  private Decide() {}

  public static void main(String[] arguments) throws Exception {
    SimulatedJob job =
        new SimulatedJob(
                Report.valueOf(arguments[1]),
                Double.parseDouble(arguments[2]),
                Double.parseDouble(arguments[3]),
                Double.parseDouble(arguments[4]))
            .waiting(Double.parseDouble(arguments[5]))
            .run(Integer.parseInt(arguments[6]), Double.parseDouble(arguments[7]));
    Map<String, Integer> decided = decide(job, settings(Path.of(arguments[0])));
    System.out.println(
        decided.get(SimulatedJob.DENOISE.toHexString())
            + " "
            + decided.get(SimulatedJob.DECODE.toHexString())
            + " "
            + Math.round(job.imagesWaiting()));
  }

  private static Configuration settings(Path file) throws Exception {
    Properties properties = new Properties();
    try (var in = Files.newInputStream(file)) {
      properties.load(in);
    }
    Map<String, String> settings = new HashMap<>();
    properties.stringPropertyNames().forEach(key -> settings.put(key, properties.getProperty(key)));
    return Configuration.fromMap(settings);
  }

  /** The parallelism of each vertex after the autoscaler has looked at the last minutes. */
  private static Map<String, Integer> decide(SimulatedJob job, Configuration settings)
      throws Exception {
    JobTopology topology = SimulatedJob.topology();
    EvaluatedMetrics evaluated =
        new ScalingMetricEvaluator()
            .evaluate(
                settings,
                new CollectedMetricHistory(topology, job.window(WINDOW_MINUTES), Instant.EPOCH),
                Duration.ofMinutes(1));
    JobAutoScalerContext<JobID> context =
        new JobAutoScalerContext<>(
            new JobID(),
            new JobID(),
            JobStatus.RUNNING,
            settings,
            new UnregisteredMetricsGroup(),
            () -> null);
    var store = new InMemoryAutoScalerStateStore<JobID, JobAutoScalerContext<JobID>>();
    new ScalingExecutor<>(new LoggingEventHandler<>(), store)
        .scaleResource(
            context,
            evaluated,
            new HashMap<>(),
            new ScalingTracking(),
            Instant.now(),
            topology,
            new DelayedScaleDown());
    Map<String, Integer> decided = new HashMap<>();
    topology
        .getVertexInfos()
        .forEach((vertex, info) -> decided.put(vertex.toHexString(), info.getParallelism()));
    store
        .getParallelismOverrides(context)
        .forEach((vertex, parallelism) -> decided.put(vertex, Integer.valueOf(parallelism)));
    return decided;
  }
}
