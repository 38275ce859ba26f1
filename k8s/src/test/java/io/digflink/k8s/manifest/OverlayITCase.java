package io.digflink.k8s.manifest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.digflink.k8s.K8sFolder;
import io.digflink.k8s.options.FlinkOptions;
import io.digflink.k8s.options.JobOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import org.apache.flink.util.TimeUtils;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Renders each overlay and checks the objects, one by one and against each other. */
class OverlayITCase {
  /** What a broker allows a transaction at most where nothing is configured. */
  private static final String BROKER_TRANSACTION_TIMEOUT = "900 s";

  @ParameterizedTest
  @ValueSource(strings = {"cpu", "gpu", "dev"})
  void everyRenderedObjectIsWhatItsPublishedSchemaAllows(String overlay) throws Exception {
    for (Manifest manifest : render(overlay)) {
      assertThat(ManifestCheck.violations(manifest)).as(manifest.toString()).isEmpty();
      if (!manifest.kind().equals("Namespace")) {
        assertThat(manifest.at("/metadata/namespace").asText())
            .as("namespace of %s", manifest)
            .isEqualTo("dig");
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"cpu", "gpu", "dev"})
  void everyFlinkAndJobOptionExistsAndHasAValueOfItsType(String overlay) throws Exception {
    Manifest deployment = generate(overlay);

    assertThat(FlinkOptions.violations(deployment.strings("/spec/flinkConfiguration"))).isEmpty();
    assertThat(JobOptions.violations(arguments(deployment))).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"cpu", "gpu", "dev"})
  void aTransactionOutlivesCheckpointAndRestartAndNoBrokerRefusesIt(String overlay)
      throws Exception {
    Manifest deployment = generate(overlay);
    Map<String, String> flink = deployment.strings("/spec/flinkConfiguration");
    Map<String, String> job = arguments(deployment);

    var interval = TimeUtils.parseDuration(job.get("checkpoint.interval"));
    var timeout = TimeUtils.parseDuration(flink.get("execution.checkpointing.timeout"));
    var backoff =
        TimeUtils.parseDuration(flink.get("restart-strategy.exponential-delay.max-backoff"));
    var transaction = TimeUtils.parseDuration(job.get("kafka.transaction-timeout"));

    assertThat(transaction)
        .isGreaterThan(interval.plus(timeout).plus(backoff))
        .isLessThanOrEqualTo(TimeUtils.parseDuration(BROKER_TRANSACTION_TIMEOUT));
    assertThat(flink).containsEntry("execution.checkpointing.mode", "EXACTLY_ONCE");
  }

  @ParameterizedTest
  @ValueSource(strings = {"cpu", "gpu", "dev"})
  void everyReferenceBetweenObjectsResolves(String overlay) throws Exception {
    List<Manifest> manifests = render(overlay);
    Manifest deployment = generate(overlay);

    assertThat(names(manifests, "ServiceAccount"))
        .contains(deployment.at("/spec/serviceAccount").asText());
    assertThat(deployment.node().findValuesAsText("claimName"))
        .isSubsetOf(names(manifests, "PersistentVolumeClaim"));
    for (JsonNode configMap : deployment.node().findValues("configMap")) {
      assertThat(names(manifests, "ConfigMap")).contains(configMap.path("name").asText());
    }
    List<String> volumes = new ArrayList<>();
    deployment
        .at("/spec/podTemplate/spec/volumes")
        .forEach(v -> volumes.add(v.path("name").asText()));
    for (JsonNode mounts : deployment.node().findValues("volumeMounts")) {
      mounts.forEach(mount -> assertThat(volumes).contains(mount.path("name").asText()));
    }
    manifests.stream()
        .filter(manifest -> manifest.kind().equals("PodDisruptionBudget"))
        .map(budget -> budget.at("/spec/selector/matchLabels/app").asText())
        .forEach(app -> assertThat(names(manifests, "FlinkDeployment")).contains(app));
  }

  @ParameterizedTest
  @ValueSource(strings = {"cpu", "gpu", "dev"})
  void theJobMayUseExactlyTheTopicsThatItsOptionsName(String overlay) throws Exception {
    List<Manifest> manifests = render(overlay);
    TreeSet<String> topics = new TreeSet<>();
    manifests.stream()
        .filter(manifest -> manifest.kind().equals("KafkaTopic"))
        .forEach(topic -> topics.add(topic.at("/spec/topicName").asText()));
    TreeSet<String> allowed = new TreeSet<>();
    Manifest user = find(manifests, "KafkaUser", "dig-generate");
    for (JsonNode acl : user.at("/spec/authorization/acls")) {
      if (acl.at("/resource/type").asText().equals("topic")) {
        allowed.add(acl.at("/resource/name").asText());
      }
    }

    assertThat(topics).isEqualTo(JobOptions.topics()).isEqualTo(allowed);
    assertThat(user.node().findValuesAsText("name"))
        .contains(JobOptions.consumerGroup(), JobOptions.transactionPrefix());
  }

  @ParameterizedTest
  @ValueSource(strings = {"cpu", "gpu", "dev"})
  void noPodIsPrivilegedAndNoSecretIsWrittenOut(String overlay) throws Exception {
    List<Manifest> manifests = render(overlay);
    Manifest deployment = generate(overlay);

    assertThat(names(manifests, "Secret")).isEmpty();
    assertThat(deployment.at("/spec/podTemplate/spec/securityContext/runAsNonRoot").asBoolean())
        .isTrue();
    List<JsonNode> contexts = new ArrayList<>();
    contexts.add(deployment.at("/spec/podTemplate/spec/containers/0/securityContext"));
    contexts.add(
        deployment.at("/spec/taskManager/podTemplate/spec/initContainers/0/securityContext"));
    for (JsonNode context : contexts) {
      assertThat(context.path("readOnlyRootFilesystem").asBoolean()).isTrue();
      assertThat(context.path("allowPrivilegeEscalation").asBoolean(true)).isFalse();
      assertThat(context.at("/capabilities/drop/0").asText()).isEqualTo("ALL");
    }
    for (JsonNode variables : deployment.node().findValues("env")) {
      variables.forEach(variable -> assertThat(variable.has("value")).isFalse());
    }
  }

  private static List<Manifest> render(String overlay) throws Exception {
    Optional<Kustomize> kustomize = Kustomize.find();
    assumeTrue(kustomize.isPresent(), "This machine has neither kustomize nor kubectl");
    return kustomize.get().render(K8sFolder.path().resolve("overlays").resolve(overlay));
  }

  private static Manifest generate(String overlay) throws Exception {
    return find(render(overlay), "FlinkDeployment", "dig-generate");
  }

  private static Manifest find(List<Manifest> manifests, String kind, String name) {
    return manifests.stream()
        .filter(manifest -> manifest.kind().equals(kind) && manifest.name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  private static List<String> names(List<Manifest> manifests, String kind) {
    return manifests.stream()
        .filter(manifest -> manifest.kind().equals(kind))
        .map(Manifest::name)
        .toList();
  }

  private static Map<String, String> arguments(Manifest deployment) {
    List<String> arguments = new ArrayList<>();
    deployment.at("/spec/job/args").forEach(argument -> arguments.add(argument.asText()));
    return JobOptions.parse(arguments);
  }
}
