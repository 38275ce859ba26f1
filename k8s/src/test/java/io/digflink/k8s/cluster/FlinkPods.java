package io.digflink.k8s.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import io.digflink.k8s.manifest.Manifest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.flink.client.deployment.ClusterSpecification;
import org.apache.flink.client.deployment.application.ApplicationConfiguration;
import org.apache.flink.configuration.BlobServerOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.DeploymentOptions;
import org.apache.flink.configuration.DeploymentOptionsInternal;
import org.apache.flink.configuration.JobManagerOptions;
import org.apache.flink.configuration.MemorySize;
import org.apache.flink.configuration.PipelineOptions;
import org.apache.flink.configuration.TaskManagerOptions;
import org.apache.flink.kubernetes.configuration.KubernetesConfigOptions;
import org.apache.flink.kubernetes.configuration.KubernetesDeploymentTarget;
import org.apache.flink.kubernetes.kubeclient.FlinkPod;
import org.apache.flink.kubernetes.kubeclient.KubernetesJobManagerSpecification;
import org.apache.flink.kubernetes.kubeclient.factory.KubernetesJobManagerFactory;
import org.apache.flink.kubernetes.kubeclient.factory.KubernetesTaskManagerFactory;
import org.apache.flink.kubernetes.kubeclient.parameters.KubernetesJobManagerParameters;
import org.apache.flink.kubernetes.kubeclient.parameters.KubernetesTaskManagerParameters;
import org.apache.flink.kubernetes.shaded.io.fabric8.kubernetes.api.model.Container;
import org.apache.flink.kubernetes.shaded.io.fabric8.kubernetes.api.model.Pod;
import org.apache.flink.kubernetes.shaded.io.fabric8.kubernetes.client.utils.Serialization;
import org.apache.flink.kubernetes.utils.Constants;
import org.apache.flink.kubernetes.utils.KubernetesUtils;
import org.apache.flink.runtime.clusterframework.ContaineredTaskManagerParameters;
import org.apache.flink.runtime.clusterframework.TaskExecutorProcessUtils;
import org.apache.flink.runtime.externalresource.ExternalResourceUtils;

/**
 * The objects that a FlinkDeployment becomes on a cluster, made by Flink's own Kubernetes code from
 * the configuration that the operator derives from its fields.
 */
final class FlinkPods {
  private final Manifest deployment;
  private final Configuration configuration;
  private final Path directory;

  /**
   * @param directory for the templates, which Flink reads from files
   */
  FlinkPods(Manifest deployment, Path directory) throws IOException {
    this.deployment = deployment;
    this.directory = directory;
    this.configuration = configuration();
  }

  private Configuration configuration() throws IOException {
    Configuration conf = Configuration.fromMap(deployment.strings("/spec/flinkConfiguration"));
    conf.set(KubernetesConfigOptions.NAMESPACE, deployment.at("/metadata/namespace").asText());
    conf.set(KubernetesConfigOptions.CLUSTER_ID, deployment.name());
    if (deployment.at("/spec").has("image")) {
      conf.set(KubernetesConfigOptions.CONTAINER_IMAGE, deployment.at("/spec/image").asText());
    }
    conf.set(
        KubernetesConfigOptions.KUBERNETES_SERVICE_ACCOUNT,
        deployment.at("/spec/serviceAccount").asText());
    conf.set(
        KubernetesConfigOptions.KUBERNETES_JOBMANAGER_REPLICAS,
        deployment.at("/spec/jobManager/replicas").asInt());
    conf.set(
        KubernetesConfigOptions.JOB_MANAGER_CPU,
        deployment.at("/spec/jobManager/resource/cpu").asDouble());
    conf.set(
        TaskManagerOptions.CPU_CORES, deployment.at("/spec/taskManager/resource/cpu").asDouble());
    conf.set(JobManagerOptions.TOTAL_PROCESS_MEMORY, memory("jobManager"));
    conf.set(TaskManagerOptions.TOTAL_PROCESS_MEMORY, memory("taskManager"));
    if (deployment.at("/spec").has("job")) {
      conf.set(DeploymentOptions.TARGET, KubernetesDeploymentTarget.APPLICATION.getName());
      conf.set(PipelineOptions.JARS, List.of(deployment.at("/spec/job/jarURI").asText()));
      conf.set(
          ApplicationConfiguration.APPLICATION_MAIN_CLASS,
          deployment.at("/spec/job/entryClass").asText());
    } else {
      conf.set(DeploymentOptions.TARGET, KubernetesDeploymentTarget.SESSION.getName());
    }
    // A cluster has ports of its own; random ones would do for no Service.
    KubernetesUtils.checkAndUpdatePortConfigOption(
        conf, BlobServerOptions.PORT, Constants.BLOB_SERVER_PORT);
    KubernetesUtils.checkAndUpdatePortConfigOption(
        conf, TaskManagerOptions.RPC_PORT, Constants.TASK_MANAGER_RPC_PORT);
    conf.set(DeploymentOptionsInternal.CONF_DIR, directory.toString());
    conf.set(KubernetesConfigOptions.JOB_MANAGER_POD_TEMPLATE, file("jobManager").toString());
    conf.set(KubernetesConfigOptions.TASK_MANAGER_POD_TEMPLATE, file("taskManager").toString());
    return conf;
  }

  private MemorySize memory(String role) {
    return MemorySize.parse(deployment.at("/spec/" + role + "/resource/memory").asText());
  }

  private Path file(String role) throws IOException {
    Path file = directory.resolve(deployment.name() + "-" + role + ".yaml");
    return Files.writeString(file, PodTemplates.of(deployment, role).toString());
  }

  /** The JobManager's Deployment, and the Services and ConfigMaps beside it. */
  List<Manifest> jobManager() throws IOException {
    KubernetesJobManagerSpecification made =
        KubernetesJobManagerFactory.buildKubernetesJobManagerSpecification(
            template("jobManager"),
            new KubernetesJobManagerParameters(
                configuration,
                new ClusterSpecification.ClusterSpecificationBuilder()
                    .setMasterMemoryMB(memory("jobManager").getMebiBytes())
                    .setTaskManagerMemoryMB(memory("taskManager").getMebiBytes())
                    .setSlotsPerTaskManager(1)
                    .createClusterSpecification()));
    List<Manifest> manifests = new ArrayList<>();
    manifests.add(manifest(made.getDeployment()));
    made.getAccompanyingResources().forEach(resource -> manifests.add(manifest(resource)));
    return manifests;
  }

  /** A TaskManager's pod. */
  Manifest taskManager() {
    ContaineredTaskManagerParameters parameters =
        ContaineredTaskManagerParameters.create(
            configuration, TaskExecutorProcessUtils.processSpecFromConfig(configuration));
    return manifest(
        KubernetesTaskManagerFactory.buildTaskManagerKubernetesPod(
                template("taskManager"),
                new KubernetesTaskManagerParameters(
                    configuration,
                    deployment.name() + "-taskmanager-1-1",
                    "",
                    "",
                    parameters,
                    externalResources(),
                    Set.of()))
            .getInternalResource());
  }

  private Map<String, String> externalResources() {
    return ExternalResourceUtils.getExternalResourceConfigurationKeys(
        configuration, KubernetesConfigOptions.EXTERNAL_RESOURCE_KUBERNETES_CONFIG_KEY_SUFFIX);
  }

  /** As Flink reads a template: the main container on its own, the others with the pod. */
  private FlinkPod template(String role) {
    JsonNode template = PodTemplates.of(deployment, role);
    Pod pod = Serialization.unmarshal(template.toString(), Pod.class);
    List<Container> others = new ArrayList<>(pod.getSpec().getContainers());
    Container main =
        others.stream()
            .filter(container -> container.getName().equals(Constants.MAIN_CONTAINER_NAME))
            .findFirst()
            .orElseThrow();
    others.remove(main);
    pod.getSpec().setContainers(others);
    return new FlinkPod.Builder().withPod(pod).withMainContainer(main).build();
  }

  private Manifest manifest(Object resource) {
    return Manifest.parse("Flink's " + deployment.name(), Serialization.asYaml(resource)).get(0);
  }
}
