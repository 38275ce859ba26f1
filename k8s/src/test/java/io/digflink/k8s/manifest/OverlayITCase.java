package io.digflink.k8s.manifest;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.digflink.k8s.K8sFolder;
import io.digflink.k8s.options.FlinkOptions;
import io.digflink.k8s.options.JobOptions;
import io.digflink.synthesis.SynthesizeCommand;
import io.digflink.synthesis.spec.SpecReader;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.apache.flink.util.TimeUtils;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/** Renders each overlay and checks the objects, one by one and against each other. */
class OverlayITCase {
  /** The longest transaction that a broker allows by default. */
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
    for (Manifest deployment : deployments(render(overlay))) {
      assertThat(FlinkOptions.violations(deployment.strings("/spec/flinkConfiguration")))
          .as(deployment.toString())
          .isEmpty();
    }
    assertThat(JobOptions.violations(arguments(generate(overlay)))).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"cpu", "gpu", "dev"})
  void everyClusterHasTheArgumentsOfJvmArgsAndNoTelemetry(String overlay) throws Exception {
    List<String> arguments =
        Files.readAllLines(K8sFolder.repository().resolve("jobs/jvm.args")).stream()
            .filter(line -> !line.startsWith("#"))
            .toList();
    for (Manifest deployment : deployments(render(overlay))) {
      Map<String, String> flink = deployment.strings("/spec/flinkConfiguration");

      assertThat(flink.get("env.java.opts.all").strip().split("\\s+"))
          .containsExactlyInAnyOrderElementsOf(arguments);
      assertThat(flink).containsEntry("containerized.taskmanager.env.ORT_DISABLE_TELEMETRY", "1");
    }
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
    for (Manifest deployment : deployments(manifests)) {
      assertThat(names(manifests, "ServiceAccount"))
          .contains(deployment.at("/spec/serviceAccount").asText());
      checkVolumes(deployment, "/spec/podTemplate/spec/volumes", manifests);
    }
    assertThat(
            Rendered.one(manifests, "FlinkDeployment", "dig-synthesize")
                .node()
                .findValuesAsText("claimName"))
        .containsExactly("dig-datasets");
    manifests.stream()
        .filter(manifest -> manifest.kind().equals("PodDisruptionBudget"))
        .map(budget -> budget.at("/spec/selector/matchLabels/app").asText())
        .forEach(app -> assertThat(names(manifests, "FlinkDeployment")).contains(app));
  }

  /** Every volume refers to an object that exists, and every mount to a volume. */
  private static void checkVolumes(Manifest manifest, String pointer, List<Manifest> manifests) {
    assertThat(names(manifests, "PersistentVolumeClaim"))
        .containsAll(manifest.node().findValuesAsText("claimName"));
    for (JsonNode configMap : manifest.node().findValues("configMap")) {
      assertThat(names(manifests, "ConfigMap")).contains(configMap.path("name").asText());
    }
    List<String> volumes = new ArrayList<>();
    manifest.at(pointer).forEach(v -> volumes.add(v.path("name").asText()));
    for (JsonNode mounts : manifest.node().findValues("volumeMounts")) {
      mounts.forEach(mount -> assertThat(volumes).contains(mount.path("name").asText()));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"cpu", "gpu", "dev"})
  void aDataSetsJobFindsItsClusterItsVolumesAndTheCommandsOptions(String overlay) throws Exception {
    List<Manifest> manifests = new ArrayList<>(render(overlay));
    manifests.addAll(Rendered.folder("synthesize"));
    Manifest job = Rendered.one(manifests, "Job", "dig-synthesize-example");
    List<String> arguments = new ArrayList<>();
    job.at("/spec/template/spec/containers/0/args").forEach(a -> arguments.add(a.asText()));
    int jar = arguments.indexOf(generate(overlay).at("/spec/job/jarURI").asText().substring(8));
    String entryClass = arguments.get(jar - 1).substring("--class=".length());

    checkVolumes(job, "/spec/template/spec/volumes", manifests);
    assertThat(job.node().findValuesAsText("claimName")).containsExactly("dig-datasets");
    assertThat(ManifestCheck.violations(job)).isEmpty();
    // Flink's Kubernetes integration names the REST service after the cluster.
    assertThat(names(deployments(manifests))).contains("dig-synthesize");
    assertThat(arguments).contains("-Drest.address=dig-synthesize-rest");
    assertThat(entryClass).isEqualTo(SynthesizeCommand.class.getName());
    new CommandLine(new SynthesizeCommand())
        .parseArgs(arguments.subList(jar + 1, arguments.size()).toArray(String[]::new));
    SpecReader.read(K8sFolder.path().resolve("synthesize/spec.yaml"));
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
    Manifest user = Rendered.one(manifests, "KafkaUser", "dig-generate");
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
    List<Manifest> manifests = new ArrayList<>(render(overlay));
    manifests.addAll(Rendered.folder("synthesize"));

    assertThat(names(manifests, "Secret")).isEmpty();
    for (Manifest deployment : deployments(manifests)) {
      checkPod(deployment.at("/spec/podTemplate/spec"));
      deployment
          .at("/spec/taskManager/podTemplate/spec/initContainers")
          .forEach(OverlayITCase::checkContext);
    }
    checkPod(Rendered.one(manifests, "Job", "dig-synthesize-example").at("/spec/template/spec"));
  }

  private static void checkPod(JsonNode pod) {
    assertThat(pod.at("/securityContext/runAsNonRoot").asBoolean()).isTrue();
    checkContext(pod.at("/containers/0"));
    for (JsonNode variables : pod.findValues("env")) {
      variables.forEach(variable -> assertThat(variable.has("value")).isFalse());
    }
  }

  private static void checkContext(JsonNode container) {
    JsonNode context = container.path("securityContext");
    assertThat(context.path("readOnlyRootFilesystem").asBoolean()).isTrue();
    assertThat(context.path("allowPrivilegeEscalation").asBoolean(true)).isFalse();
    assertThat(context.at("/capabilities/drop/0").asText()).isEqualTo("ALL");
  }

  private static List<Manifest> render(String overlay) throws Exception {
    return Rendered.overlay(overlay);
  }

  private static Manifest generate(String overlay) throws Exception {
    return Rendered.one(render(overlay), "FlinkDeployment", "dig-generate");
  }

  private static List<Manifest> deployments(List<Manifest> manifests) {
    return ofKind(manifests, "FlinkDeployment");
  }

  private static List<Manifest> ofKind(List<Manifest> manifests, String kind) {
    return manifests.stream().filter(manifest -> manifest.kind().equals(kind)).toList();
  }

  private static List<String> names(List<Manifest> manifests) {
    return manifests.stream().map(Manifest::name).toList();
  }

  private static List<String> names(List<Manifest> manifests, String kind) {
    return names(ofKind(manifests, kind));
  }

  private static Map<String, String> arguments(Manifest deployment) {
    List<String> arguments = new ArrayList<>();
    deployment.at("/spec/job/args").forEach(argument -> arguments.add(argument.asText()));
    return JobOptions.parse(arguments);
  }
}
