package io.digflink.k8s.manifest;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.digflink.k8s.K8sFolder;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ManifestTest {
  static Stream<Manifest> completeManifests() throws IOException {
    List<Manifest> manifests = new ArrayList<>();
    for (String folder : List.of("base", "monitoring", "synthesize")) {
      manifests.addAll(Manifest.readAll(K8sFolder.path().resolve(folder)));
    }
    return manifests.stream();
  }

  @ParameterizedTest
  @MethodSource("completeManifests")
  void everyManifestIsWhatItsPublishedSchemaAllows(Manifest manifest) {
    assertThat(ManifestCheck.violations(manifest)).isEmpty();
  }

  @Test
  void aMisspeltFieldOfAFlinkDeploymentIsFoundWithItsPath() throws IOException {
    Manifest deployment = read("FlinkDeployment", "dig-generate");
    ((ObjectNode) deployment.at("/spec/jobManager")).put("replicsa", 2);
    ((ObjectNode) deployment.at("/spec/podTemplate/spec/containers/0/securityContext"))
        .put("readOnlyRootFileSystem", true);

    assertThat(ManifestCheck.violations(deployment))
        .satisfiesExactlyInAnyOrder(
            violation ->
                assertThat(violation)
                    .isEqualTo(
                        "spec.jobManager.replicsa: unknown; the schema has"
                            + " [podTemplate, replicas, resource]"),
            violation ->
                assertThat(violation)
                    .startsWith(
                        "spec.podTemplate.spec.containers[0].securityContext"
                            + ".readOnlyRootFileSystem: unknown; the schema has [allowPrivilege"));
  }

  @Test
  void aValueOfAnotherTypeOrOutsideTheListIsFound() throws IOException {
    Manifest deployment = read("FlinkDeployment", "dig-generate");
    ((ObjectNode) deployment.at("/spec")).put("flinkVersion", "v9_9");
    ((ObjectNode) deployment.at("/spec/job")).put("parallelism", "two");
    ((ObjectNode) deployment.at("/spec")).put("image", 1);

    assertThat(ManifestCheck.violations(deployment))
        .anySatisfy(v -> assertThat(v).matches("spec.flinkVersion: expected one of .*\"v9_9\""))
        .contains(
            "spec.job.parallelism: expected an integer, found \"two\"",
            "spec.image: expected a string, found 1")
        .hasSize(3);
  }

  @Test
  void aMisspeltFieldOfAStrimziOrKubernetesObjectIsFoundWithItsPath() throws IOException {
    Manifest topic = read("KafkaTopic", "dig-requests");
    ((ObjectNode) topic.at("/spec")).put("partition", 3);
    Manifest user = read("KafkaUser", "dig-generate");
    ((ObjectNode) user.at("/spec/authorization/acls/0/resource")).put("patterntype", "literal");
    Manifest policy = read("NetworkPolicy", "dig-flink");
    ((ObjectNode) policy.at("/spec/egress/1/ports/0")).put("prot", 53);

    assertThat(ManifestCheck.violations(topic)).containsExactly(".spec.partition: unknown");
    assertThat(ManifestCheck.violations(user))
        .containsExactly(".spec.authorization.acls[0].resource.patterntype: unknown");
    assertThat(ManifestCheck.violations(policy))
        .containsExactly(".spec.egress[1].ports[0].prot: unknown");
  }

  @Test
  void aStrimziValueOfAnotherTypeIsFound() throws IOException {
    Manifest topic = read("KafkaTopic", "dig-requests");
    ((ObjectNode) topic.at("/spec")).put("partitions", "twelve");
    Manifest user = read("KafkaUser", "dig-generate");
    ((ArrayNode) user.at("/spec/authorization/acls/0/operations")).add("Raed");

    assertThat(ManifestCheck.violations(topic))
        .singleElement()
        .asString()
        .contains("Cannot deserialize value of type `java.lang.Integer` from String \"twelve\"");
    assertThat(ManifestCheck.violations(user))
        .containsExactly(
            ".spec.authorization.acls[0].operations[2]: there is no such value as \"Raed\"");
  }

  @Test
  void aKindThatNoCheckKnowsIsAViolation() {
    Manifest pod = Manifest.parse("text", "{apiVersion: v1, kind: Pod}").get(0);

    assertThat(ManifestCheck.violations(pod))
        .isEqualTo(List.of("kind: v1/Pod is known to no check: add its schema or class here"));
  }

  private static Manifest read(String kind, String name) throws IOException {
    return Manifest.readAll(K8sFolder.path().resolve("base")).stream()
        .filter(manifest -> manifest.kind().equals(kind) && manifest.name().equals(name))
        .findFirst()
        .orElseThrow();
  }
}
