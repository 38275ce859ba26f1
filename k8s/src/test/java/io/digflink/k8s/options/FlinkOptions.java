package io.digflink.k8s.options;

import static org.apache.flink.configuration.ConfigOptions.key;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.flink.autoscaler.config.AutoScalerOptions;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.CoreOptions;
import org.apache.flink.configuration.ExternalResourceOptions;
import org.apache.flink.configuration.HighAvailabilityOptions;
import org.apache.flink.configuration.JobManagerOptions;
import org.apache.flink.configuration.MetricOptions;
import org.apache.flink.configuration.PipelineOptions;
import org.apache.flink.configuration.ResourceManagerOptions;
import org.apache.flink.configuration.RestartStrategyOptions;
import org.apache.flink.configuration.SecurityOptions;
import org.apache.flink.configuration.StateBackendOptions;
import org.apache.flink.configuration.TaskManagerOptions;
import org.apache.flink.configuration.WebOptions;
import org.apache.flink.kubernetes.configuration.KubernetesConfigOptions;
import org.apache.flink.kubernetes.operator.config.KubernetesOperatorConfigOptions;

/** The options of Flink, its Kubernetes integration, the operator and its autoscaler. */
public final class FlinkOptions {
  private static final String REPORTER = "metrics.reporter.<name>.";

  private static final DeclaredOptions OPTIONS = new DeclaredOptions(all());

  private FlinkOptions() {}

  /** What is wrong with a {@code flinkConfiguration}; empty if nothing is. */
  public static List<String> violations(Map<String, String> configuration) {
    return OPTIONS.violations(configuration);
  }

  private static List<ConfigOption<?>> all() {
    List<ConfigOption<?>> options = new ArrayList<>();
    Stream.of(
            AutoScalerOptions.class,
            CheckpointingOptions.class,
            CoreOptions.class,
            ExternalResourceOptions.class,
            HighAvailabilityOptions.class,
            JobManagerOptions.class,
            KubernetesConfigOptions.class,
            KubernetesOperatorConfigOptions.class,
            MetricOptions.class,
            PipelineOptions.class,
            ResourceManagerOptions.class,
            SecurityOptions.class,
            RestartStrategyOptions.class,
            StateBackendOptions.class,
            TaskManagerOptions.class,
            WebOptions.class)
        .map(DeclaredOptions::constantsOf)
        .forEach(options::addAll);
    // These two match parameters of any name, so every misspelt key would pass ...
    options.remove(MetricOptions.REPORTER_CONFIG_PARAMETER);
    options.remove(ExternalResourceOptions.EXTERNAL_RESOURCE_DRIVER_PARAM);
    // ... but PrometheusReporterFactory has one parameter.
    options.add(key(REPORTER + "port").stringType().noDefaultValue());
    // Flink declares the options of a reporter without their prefix.
    String factoryClass = MetricOptions.REPORTER_FACTORY_CLASS.key();
    options.add(key(REPORTER + factoryClass).stringType().noDefaultValue());
    // Environment variables have a prefix and any name.
    String variables = ResourceManagerOptions.CONTAINERIZED_TASK_MANAGER_ENV_PREFIX;
    options.add(key(variables + "ORT_DISABLE_TELEMETRY").stringType().noDefaultValue());
    // The S3 plugin hands everything with its prefix to Hadoop, which declares no options.
    options.add(key("fs.s3a.aws.credentials.provider").stringType().noDefaultValue());
    return options;
  }
}
