package io.digflink.k8s.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.digflink.k8s.manifest.Manifest;
import io.digflink.k8s.manifest.Rendered;
import io.digflink.k8s.options.JobOptions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.flink.util.TimeUtils;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the operator says of the FlinkDeployments, and how it keeps the job alive. */
class OperatorITCase {
  @ParameterizedTest
  @ValueSource(strings = {"cpu", "gpu", "dev"})
  void theOperatorRefusesNothing(String overlay) throws Exception {
    for (Manifest deployment : Rendered.deployments(overlay)) {
      assertThat(OperatorRules.violations(deployment)).as(deployment.toString()).isEmpty();
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "/metadata | name | Upper | metadata.name: at most 45 of a-z, 0-9 and -",
        "/spec | flinkVersion | v2_3 | spec.flinkVersion: 1.13 does not run v2_3",
        "/spec/flinkConfiguration | kubernetes.cluster-id | x | kubernetes.cluster-id: the operator sets it",
        "/spec/flinkConfiguration | kubernetes.operator.jm-deployment-recovery.enabled | false"
            + " | the health check needs kubernetes.operator.jm-deployment-recovery.enabled",
        "/spec/flinkConfiguration | execution.checkpointing.interval | | the health check ignores"
            + " checkpoints unless execution.checkpointing.interval is here",
        "/spec/flinkConfiguration | execution.checkpointing.dir | | spec.job.upgradeMode: savepoint"
            + " needs execution.checkpointing.dir",
        "/spec/flinkConfiguration | execution.checkpointing.savepoint-dir | | spec.job.upgradeMode:"
            + " savepoint needs execution.checkpointing.savepoint-dir",
        "/spec/flinkConfiguration | high-availability.type | NONE | spec.jobManager.replicas: a"
            + " standby needs high availability",
        "/spec/taskManager/resource | memory | much | spec.taskManager.resource.memory: text does not"
            + " start with a number",
        "/spec | serviceAccount | | spec.serviceAccount: must be there",
      })
  void whatItWouldRefuseIsFound(String place, String key, String value, String violation)
      throws Exception {
    Manifest generate = generate("gpu");
    ObjectNode changed = generate.node().deepCopy();
    ObjectNode object = (ObjectNode) changed.at(place);
    if (value == null) {
      object.remove(key);
    } else {
      object.put(key, value);
    }

    assertThat(OperatorRules.violations(new Manifest("changed", changed)))
        .containsExactly(violation);
  }

  @ParameterizedTest
  @ValueSource(strings = {"cpu", "gpu", "dev"})
  void theJobIsUpgradedWithASavepointAndStartedAgainWheneverItFails(String overlay)
      throws Exception {
    Manifest generate = generate(overlay);
    Map<String, String> flink = generate.strings("/spec/flinkConfiguration");

    assertThat(generate.at("/spec/job/upgradeMode").asText()).isEqualTo("savepoint");
    assertThat(flink)
        .containsEntry("kubernetes.operator.job.restart.failed", "true")
        .containsEntry("kubernetes.operator.cluster.health-check.enabled", "true")
        .containsEntry("restart-strategy.type", "exponential-delay")
        .containsEntry(
            "restart-strategy.exponential-delay.attempts-before-reset-backoff",
            Integer.toString(Integer.MAX_VALUE));
  }

  @ParameterizedTest
  @ValueSource(strings = {"cpu", "gpu", "dev"})
  void theOperatorKnowsTheIntervalOfTheCheckpointsThatTheJobTakes(String overlay) throws Exception {
    Manifest generate = generate(overlay);
    List<String> arguments = new ArrayList<>();
    generate.at("/spec/job/args").forEach(argument -> arguments.add(argument.asText()));
    Duration operators =
        TimeUtils.parseDuration(
            generate.strings("/spec/flinkConfiguration").get("execution.checkpointing.interval"));
    Duration jobs = TimeUtils.parseDuration(JobOptions.parse(arguments).get("checkpoint.interval"));

    assertThat(operators).isEqualTo(jobs);
  }

  private static Manifest generate(String overlay) throws Exception {
    return Rendered.one(Rendered.overlay(overlay), "FlinkDeployment", "dig-generate");
  }
}
