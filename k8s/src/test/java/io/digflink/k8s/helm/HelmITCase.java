package io.digflink.k8s.helm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.marcnuri.helm.Helm;
import com.marcnuri.helm.TemplateCommand;
import io.digflink.k8s.K8sFolder;
import io.digflink.k8s.Programs;
import io.digflink.k8s.manifest.Kustomize;
import io.digflink.k8s.manifest.Manifest;
import io.digflink.k8s.manifest.ManifestCheck;
import io.digflink.k8s.manifest.Rendered;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Makes the chart with its script and renders it with Helm itself, as a library. */
class HelmITCase {
  @TempDir private static Path directory;
  private static Path chart;

  @BeforeAll
  static void makeTheChart() throws Exception {
    Kustomize.require();
    String script = K8sFolder.path().resolve("helm/build").toString();
    assertThat(Programs.output(List.of(script, directory.toString()))).contains("Wrote ");
    chart = directory.resolve("dig-flink");
  }

  @ParameterizedTest
  @ValueSource(strings = {"cpu", "gpu", "dev"})
  void withItsOwnValuesTheChartIsTheOverlay(String overlay) throws Exception {
    Map<String, JsonNode> expected = objects(Rendered.overlay(overlay));
    assertThat(expected.remove("Namespace dig")).isNotNull();

    Map<String, JsonNode> templated = objects(render(template("dig").set("overlay", overlay)));

    assertThat(templated.keySet()).isEqualTo(expected.keySet());
    expected.forEach((name, object) -> assertThat(templated.get(name)).as(name).isEqualTo(object));
  }

  @Test
  void helmFindsNothingToImprove() {
    assertThat(new Helm(chart).lint().call().getMessages()).noneMatch(m -> m.contains("[ERROR]"));
  }

  @Test
  void everyValueReachesAllFieldsThatItStandsFor() {
    List<Manifest> manifests =
        render(
            template("team")
                .set("overlay", "gpu")
                .set("registry", "registry.example.com/team/")
                .set("tag", "9.9.9")
                .set("parallelism", 4)
                .set("bucket", "pictures")
                .set("kafka", "events")
                .set("prometheus", "watch"));
    String all = manifests.stream().map(Manifest::yaml).reduce("", String::concat);
    JsonNode generate = Rendered.one(manifests, "FlinkDeployment", "dig-generate").node();

    assertThat(all)
        .contains("registry.example.com/team/dig-flink-cuda:9.9.9")
        .contains("s3://pictures/models")
        .contains("events-kafka-bootstrap:9093")
        .contains("events-cluster-ca-cert")
        .doesNotContain("0.3.0")
        .doesNotContain("s3://dig-flink")
        .doesNotContain("dig-kafka-bootstrap")
        .doesNotContain("kube-prometheus-stack");
    assertThat(generate.at("/spec/job/parallelism").asInt()).isEqualTo(4);
    assertThat(
            Rendered.one(manifests, "PodDisruptionBudget", "dig-generate-taskmanager")
                .at("/spec/minAvailable")
                .asInt())
        .isEqualTo(3);
    for (Manifest manifest : manifests) {
      assertThat(manifest.at("/metadata/namespace").asText()).isEqualTo("team");
      assertThat(ManifestCheck.violations(manifest)).as(manifest.toString()).isEmpty();
    }
  }

  @Test
  void anUnknownOverlayIsRefused() {
    assertThatThrownBy(() -> render(template("dig").set("overlay", "tpu")))
        .hasMessageContaining("overlay: expected cpu, gpu or dev, found tpu");
  }

  private static TemplateCommand template(String namespace) {
    return new Helm(chart)
        .template()
        .withName("dig")
        .withNamespace(namespace)
        .withKubeVersion("1.34.0");
  }

  private static List<Manifest> render(TemplateCommand command) {
    return Manifest.parse("helm template", command.call());
  }

  private static Map<String, JsonNode> objects(List<Manifest> manifests) {
    Map<String, JsonNode> objects = new HashMap<>();
    for (Manifest manifest : manifests) {
      objects.put(manifest.kind() + " " + manifest.name(), manifest.node());
    }
    assertThat(objects).hasSameSizeAs(manifests);
    return objects;
  }
}
