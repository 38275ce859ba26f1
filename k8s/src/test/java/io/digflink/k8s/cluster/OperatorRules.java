package io.digflink.k8s.cluster;

import io.digflink.k8s.manifest.Manifest;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.HighAvailabilityOptions;
import org.apache.flink.configuration.MemorySize;
import org.apache.flink.kubernetes.configuration.KubernetesConfigOptions;
import org.apache.flink.kubernetes.operator.config.KubernetesOperatorConfigOptions;
import org.apache.flink.runtime.jobmanager.HighAvailabilityMode;
import org.apache.flink.util.StringUtils;

/**
 * What the Flink Kubernetes Operator 1.13 refuses although its definition of a FlinkDeployment
 * allows it, and what it does without telling. Its code is published up to 1.10, whose checks do
 * not know Flink 2.2, so they are written again here.
 */
final class OperatorRules {
  /** The versions of Flink that 1.13, the first with 2.2, runs. */
  private static final Set<String> VERSIONS =
      Set.of("v1_16", "v1_17", "v1_18", "v1_19", "v1_20", "v2_0", "v2_1", "v2_2");

  private final Manifest deployment;
  private final Configuration flink;
  private final List<String> violations = new ArrayList<>();

  private OperatorRules(Manifest deployment) {
    this.deployment = deployment;
    this.flink = Configuration.fromMap(deployment.strings("/spec/flinkConfiguration"));
  }

  /** What is wrong with a FlinkDeployment; empty if nothing is. */
  static List<String> violations(Manifest deployment) {
    OperatorRules rules = new OperatorRules(deployment);
    rules.checkNames();
    rules.checkConfiguration();
    rules.checkJob();
    rules.checkResources();
    return rules.violations;
  }

  private void require(boolean condition, String violation) {
    if (!condition) {
      violations.add(violation);
    }
  }

  private void checkNames() {
    require(
        deployment.name().matches("[a-z]([-a-z\\d]{0,43}[a-z\\d])?"),
        "metadata.name: at most 45 of a-z, 0-9 and -");
    String version = deployment.at("/spec/flinkVersion").asText();
    require(VERSIONS.contains(version), "spec.flinkVersion: 1.13 does not run " + version);
    require(deployment.at("/spec").has("serviceAccount"), "spec.serviceAccount: must be there");
    deployment
        .strings("/spec/logConfiguration")
        .keySet()
        .forEach(
            key ->
                require(
                    Set.of("log4j-console.properties", "logback-console.xml").contains(key),
                    "spec.logConfiguration: no such file as " + key));
  }

  private void checkConfiguration() {
    Stream.of(
            KubernetesConfigOptions.NAMESPACE,
            KubernetesConfigOptions.CLUSTER_ID,
            HighAvailabilityOptions.HA_CLUSTER_ID)
        .forEach(
            option -> require(!flink.contains(option), option.key() + ": the operator sets it"));
    require(
        !flink.get(KubernetesOperatorConfigOptions.DEPLOYMENT_ROLLBACK_ENABLED)
            || isHighlyAvailable(),
        "a rollback needs high availability");
    boolean checked =
        flink.get(KubernetesOperatorConfigOptions.OPERATOR_CLUSTER_HEALTH_CHECK_ENABLED);
    require(
        !checked
            || flink.get(KubernetesOperatorConfigOptions.OPERATOR_JM_DEPLOYMENT_RECOVERY_ENABLED),
        "the health check needs kubernetes.operator.jm-deployment-recovery.enabled");
    require(
        !checked || flink.contains(CheckpointingOptions.CHECKPOINTING_INTERVAL),
        "the health check ignores checkpoints unless execution.checkpointing.interval is here");
  }

  private void checkJob() {
    if (!deployment.at("/spec").has("job")) {
      return;
    }
    String upgrade = deployment.at("/spec/job/upgradeMode").asText("stateless");
    require(
        upgrade.equals("stateless") || isSet(CheckpointingOptions.CHECKPOINTS_DIRECTORY.key()),
        "spec.job.upgradeMode: " + upgrade + " needs execution.checkpointing.dir");
    require(
        !upgrade.equals("savepoint") || isSet(CheckpointingOptions.SAVEPOINT_DIRECTORY.key()),
        "spec.job.upgradeMode: savepoint needs execution.checkpointing.savepoint-dir");
    require(
        !upgrade.equals("last-state") || isHighlyAvailable(),
        "spec.job.upgradeMode: last-state needs high availability");
    require(
        !upgrade.equals("last-state")
            || flink.contains(CheckpointingOptions.CHECKPOINTING_INTERVAL),
        "spec.job.upgradeMode: last-state assumes 5 minutes unless execution.checkpointing.interval"
            + " is here");
    require(deployment.at("/spec/job/parallelism").asInt() > 0, "spec.job.parallelism: at least 1");
  }

  private void checkResources() {
    int replicas = deployment.at("/spec/jobManager/replicas").asInt(1);
    require(replicas > 0, "spec.jobManager.replicas: at least 1");
    require(
        replicas < 2 || isHighlyAvailable(),
        "spec.jobManager.replicas: a standby needs high availability");
    for (String role : List.of("jobManager", "taskManager")) {
      String memory = deployment.at("/spec/" + role + "/resource/memory").asText();
      try {
        MemorySize.parse(memory);
      } catch (IllegalArgumentException e) {
        violations.add("spec." + role + ".resource.memory: " + e.getMessage());
      }
    }
  }

  private boolean isHighlyAvailable() {
    return HighAvailabilityMode.isHighAvailabilityModeActivated(flink);
  }

  private boolean isSet(String key) {
    Map<String, String> settings = flink.toMap();
    return !StringUtils.isNullOrWhitespaceOnly(settings.get(key));
  }
}
