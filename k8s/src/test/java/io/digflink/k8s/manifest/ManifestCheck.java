package io.digflink.k8s.manifest;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.fabric8.kubernetes.api.model.rbac.Role;
import io.fabric8.kubernetes.api.model.rbac.RoleBinding;
import io.fabric8.openshift.api.model.monitoring.v1.PodMonitor;
import io.fabric8.openshift.api.model.monitoring.v1.PrometheusRule;
import io.strimzi.api.kafka.model.kafka.Kafka;
import io.strimzi.api.kafka.model.nodepool.KafkaNodePool;
import io.strimzi.api.kafka.model.topic.KafkaTopic;
import io.strimzi.api.kafka.model.user.KafkaUser;
import java.util.List;
import java.util.Map;

/** Checks an object of any kind used here against the published schema or class of its kind. */
public final class ManifestCheck {
  private static final CrdSchema FLINK_DEPLOYMENT =
      CrdSchema.ofResource(
          "/flink-kubernetes-operator-1.13/flinkdeployments.flink.apache.org-v1.yml");

  private static final Map<String, ModelClass> MODEL_CLASSES =
      Map.ofEntries(
          Map.entry("v1/ConfigMap", new ModelClass(ConfigMap.class)),
          Map.entry("v1/Namespace", new ModelClass(Namespace.class)),
          Map.entry("v1/PersistentVolumeClaim", new ModelClass(PersistentVolumeClaim.class)),
          Map.entry("v1/ServiceAccount", new ModelClass(ServiceAccount.class)),
          Map.entry("rbac.authorization.k8s.io/v1/Role", new ModelClass(Role.class)),
          Map.entry("rbac.authorization.k8s.io/v1/RoleBinding", new ModelClass(RoleBinding.class)),
          Map.entry("networking.k8s.io/v1/NetworkPolicy", new ModelClass(NetworkPolicy.class)),
          Map.entry("batch/v1/Job", new ModelClass(Job.class)),
          Map.entry("policy/v1/PodDisruptionBudget", new ModelClass(PodDisruptionBudget.class)),
          Map.entry("monitoring.coreos.com/v1/PodMonitor", new ModelClass(PodMonitor.class)),
          Map.entry(
              "monitoring.coreos.com/v1/PrometheusRule", new ModelClass(PrometheusRule.class)),
          Map.entry("kafka.strimzi.io/v1/Kafka", new ModelClass(Kafka.class)),
          Map.entry("kafka.strimzi.io/v1/KafkaNodePool", new ModelClass(KafkaNodePool.class)),
          Map.entry("kafka.strimzi.io/v1/KafkaTopic", new ModelClass(KafkaTopic.class)),
          Map.entry("kafka.strimzi.io/v1/KafkaUser", new ModelClass(KafkaUser.class)));

  private ManifestCheck() {}

  /** What is wrong with the object, with paths; empty if nothing is. */
  public static List<String> violations(Manifest manifest) {
    String kind = manifest.apiVersion() + "/" + manifest.kind();
    if (kind.equals("flink.apache.org/v1beta1/FlinkDeployment")) {
      return FLINK_DEPLOYMENT.violations(manifest.node());
    }
    ModelClass modelClass = MODEL_CLASSES.get(kind);
    return modelClass == null
        ? List.of("kind: " + kind + " is known to no check: add its schema or class here")
        : modelClass.violations(manifest);
  }
}
