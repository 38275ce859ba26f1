package io.digflink.k8s.manifest;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.digflink.k8s.K8sFolder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A kustomization of somebody else over an overlay, with images, a prefix and a namespace. */
class UsersKustomizationITCase {
  @TempDir private static Path directory;

  @ParameterizedTest
  @CsvSource({"cpu, dig-flink", "gpu, dig-flink-cuda", "dev, dig-flink"})
  void imagesReachesEveryImageAndKeepsItsVariant(String overlay, String name) throws Exception {
    List<Manifest> manifests =
        render(
            overlay,
            """
            images:
              - {name: dig-flink, newName: registry.example.com/dig-flink, newTag: 9.9.9}
              - {name: dig-flink-cuda, newName: registry.example.com/dig-flink-cuda, newTag: 9.9.9}
              - {name: dig-flink-models, newName: registry.example.com/dig-flink-models, newTag: 9.9.9}
            """);

    for (Manifest deployment : ofKind(manifests, "FlinkDeployment")) {
      assertThat(deployment.node().findValuesAsText("image"))
          .isNotEmpty()
          .allSatisfy(
              image ->
                  assertThat(image)
                      .isIn(
                          "registry.example.com/" + name + ":9.9.9",
                          "registry.example.com/dig-flink-models:9.9.9"));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"cpu", "gpu"})
  void aPrefixReachesEveryReferenceOfTheFlinkDeployments(String overlay) throws Exception {
    List<Manifest> manifests = render(overlay, "namePrefix: team-\nnamespace: team\n");
    Manifest generate = Rendered.one(manifests, "FlinkDeployment", "team-dig-generate");
    Manifest synthesize = Rendered.one(manifests, "FlinkDeployment", "team-dig-synthesize");

    assertThat(names(manifests, "ServiceAccount"))
        .contains(
            generate.at("/spec/serviceAccount").asText(),
            generate
                .strings("/spec/flinkConfiguration")
                .get("kubernetes.taskmanager.service-account"));
    assertThat(names(manifests, "ConfigMap"))
        .containsAll(fields(generate.node().findValues("configMap"), "name"));
    assertThat(names(manifests, "PersistentVolumeClaim"))
        .containsAll(synthesize.node().findValuesAsText("claimName"));
    // Strimzi names a user's Secret after it; that of the brokers' CA is the cluster's.
    List<String> secrets = new ArrayList<>(names(manifests, "KafkaUser"));
    secrets.add("dig-cluster-ca-cert");
    assertThat(secrets).containsAll(generate.node().findValuesAsText("secretName"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"cpu", "gpu"})
  void aPrefixReachesWhatSelectsTheirPods(String overlay) throws Exception {
    List<Manifest> manifests = render(overlay, "namePrefix: team-\nnamespace: team\n");
    List<String> selected = new ArrayList<>();
    for (String kind : List.of("PodDisruptionBudget", "NetworkPolicy", "FlinkDeployment")) {
      for (Manifest manifest : ofKind(manifests, kind)) {
        for (JsonNode labels : manifest.node().findValues("matchLabels")) {
          // A client of the session cluster is a Job of another kustomization.
          if (labels.has("app") && !labels.path("component").asText().equals("client")) {
            selected.add(labels.path("app").asText());
          }
        }
      }
    }

    assertThat(selected)
        .contains("team-dig-generate", "team-dig-synthesize")
        .allSatisfy(app -> assertThat(names(manifests, "FlinkDeployment")).contains(app));
  }

  @Test
  void theMonitoringIsWhatKubePrometheusStackSelects() throws Exception {
    for (String kind : List.of("PodMonitor", "PrometheusRule")) {
      assertThat(
              Rendered.one(Rendered.overlay("gpu"), kind, "dig-flink").strings("/metadata/labels"))
          .containsEntry("release", "kube-prometheus-stack");
    }
  }

  /** Renders an overlay with more instructions, and the file of fields that a prefix needs. */
  private static List<Manifest> render(String overlay, String instructions) throws Exception {
    Path folder = Files.createTempDirectory(directory, "user");
    Files.copy(
        K8sFolder.path().resolve("base/flink-deployment-fields.yaml"),
        folder.resolve("flink-deployment-fields.yaml"));
    Path base = folder.relativize(K8sFolder.path().resolve("overlays/" + overlay).toRealPath());
    Files.writeString(
        folder.resolve("kustomization.yaml"),
        "resources: ["
            + base
            + "]\nconfigurations: [flink-deployment-fields.yaml]\n"
            + instructions);
    return Kustomize.require().render(folder);
  }

  private static List<Manifest> ofKind(List<Manifest> manifests, String kind) {
    return manifests.stream().filter(manifest -> manifest.kind().equals(kind)).toList();
  }

  private static List<String> names(List<Manifest> manifests, String kind) {
    return ofKind(manifests, kind).stream().map(Manifest::name).toList();
  }

  private static List<String> fields(List<JsonNode> nodes, String field) {
    return nodes.stream().map(node -> node.path(field).asText()).toList();
  }
}
