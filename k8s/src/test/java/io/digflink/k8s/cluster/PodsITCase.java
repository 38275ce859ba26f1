package io.digflink.k8s.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.digflink.k8s.manifest.Manifest;
import io.digflink.k8s.manifest.Rendered;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The pods that the overlays become: as Flink's own code, Strimzi's templates and Jobs make them.
 */
class PodsITCase {
  @TempDir private Path directory;

  @ParameterizedTest
  @ValueSource(strings = {"cpu", "gpu", "dev"})
  void theNamespaceRefusesNoPod(String overlay) throws Exception {
    List<Manifest> rendered = Rendered.overlay(overlay);
    Manifest namespace = Rendered.one(rendered, "Namespace", "dig");
    assertThat(namespace.strings("/metadata/labels"))
        .containsEntry("pod-security.kubernetes.io/enforce", "restricted");

    Map<String, JsonNode> pods = pods(rendered);
    assertThat(pods).hasSizeGreaterThanOrEqualTo(6);
    pods.forEach((name, spec) -> assertThat(RestrictedPods.violations(spec)).as(name).isEmpty());
  }

  @ParameterizedTest
  @CsvSource({
    "cpu, dig-flink:0.3.0",
    "gpu, dig-flink-cuda:0.3.0",
    "dev, dig-flink:0.3.0",
  })
  void everyPodRunsTheImageOfItsVariant(String overlay, String image) throws Exception {
    for (Manifest deployment : Rendered.deployments(overlay)) {
      FlinkPods pods = new FlinkPods(deployment, directory);

      assertThat(pods.jobManager().get(0).at("/spec/template/spec/containers/0/image").asText())
          .isEqualTo(image);
      assertThat(pods.taskManager().at("/spec/containers/0/image").asText()).isEqualTo(image);
      assertThat(pods.taskManager().at("/spec/initContainers").findValuesAsText("image"))
          .allSatisfy(init -> assertThat(init).isIn(image, "dig-flink-models:0.3.0"));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"cpu", "gpu", "dev"})
  void onlyJobManagersMayCreatePods(String overlay) throws Exception {
    List<Manifest> rendered = Rendered.overlay(overlay);
    for (Manifest deployment : Rendered.deployments(overlay)) {
      FlinkPods pods = new FlinkPods(deployment, directory);
      String jobManager =
          pods.jobManager().get(0).at("/spec/template/spec/serviceAccountName").asText();
      String taskManager = pods.taskManager().at("/spec/serviceAccountName").asText();

      assertThat(Rbac.allowed(rendered, jobManager))
          .contains("create pods", "create configmaps", "update deployments/finalizers");
      assertThat(Rbac.allowed(rendered, taskManager))
          .containsExactlyInAnyOrder("get configmaps", "list configmaps", "watch configmaps");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"cpu", "gpu", "dev"})
  void drainingANodeTakesOneTaskManagerAtATime(String overlay) throws Exception {
    List<Manifest> rendered = Rendered.overlay(overlay);
    Manifest generate = Rendered.one(rendered, "FlinkDeployment", "dig-generate");
    FlinkPods pods = new FlinkPods(generate, directory);
    int taskManagers = generate.at("/spec/job/parallelism").asInt();
    assertThat(generate.strings("/spec/flinkConfiguration"))
        .containsEntry("taskmanager.numberOfTaskSlots", "1");

    JsonNode budget =
        Rendered.one(rendered, "PodDisruptionBudget", "dig-generate-taskmanager").at("/spec");

    assertThat(pods.taskManager().strings("/metadata/labels"))
        .containsAllEntriesOf(
            Rendered.one(rendered, "PodDisruptionBudget", "dig-generate-taskmanager")
                .strings("/spec/selector/matchLabels"));
    for (int jobManagers = 1; jobManagers < 4; jobManagers++) {
      assertThat(DisruptionBudget.allowed(budget, taskManagers, jobManagers)).isEqualTo(1);
    }
  }

  @Test
  void aShareOfTheOwnersReplicasWouldProtectNoTaskManager() throws Exception {
    JsonNode before = Manifest.parse("text", "{maxUnavailable: 1}").get(0).node();

    // Two JobManagers own four TaskManagers: all but one may go at once.
    assertThat(DisruptionBudget.allowed(before, 4, 2)).isEqualTo(3);
  }

  @ParameterizedTest
  @ValueSource(strings = {"cpu", "gpu", "dev"})
  void everyServiceAccountOfAPodExistsAndNamesThePullSecret(String overlay) throws Exception {
    List<Manifest> rendered = Rendered.overlay(overlay);
    for (JsonNode pod : pods(rendered).values()) {
      if (pod.has("serviceAccountName")) {
        String name = pod.path("serviceAccountName").asText();
        assertThat(Rendered.one(rendered, "ServiceAccount", name).node().at("/imagePullSecrets"))
            .hasToString("[{\"name\":\"dig-registry\"}]");
      }
    }
  }

  /** All pods of an overlay and of the Jobs that go with it, by a name. */
  private Map<String, JsonNode> pods(List<Manifest> rendered) throws Exception {
    Map<String, JsonNode> pods = new java.util.LinkedHashMap<>();
    List<Manifest> all = new ArrayList<>(rendered);
    for (String folder : List.of("synthesize", "overlays/dev/synthesize", "models")) {
      for (Manifest manifest : Rendered.folder(folder)) {
        if (manifest.kind().equals("Job")) {
          pods.put(folder, manifest.at("/spec/template/spec"));
        }
      }
    }
    for (Manifest manifest : all) {
      if (manifest.kind().equals("FlinkDeployment")) {
        FlinkPods made = new FlinkPods(manifest, directory);
        pods.put(
            manifest.name() + " JobManager", made.jobManager().get(0).at("/spec/template/spec"));
        pods.put(manifest.name() + " TaskManager", made.taskManager().at("/spec"));
      } else if (manifest.kind().equals("Kafka")) {
        pods.putAll(StrimziPods.of(manifest));
      }
    }
    return pods;
  }
}
