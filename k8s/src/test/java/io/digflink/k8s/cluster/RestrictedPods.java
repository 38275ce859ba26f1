package io.digflink.k8s.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * The profile {@code restricted} of Kubernetes' Pod Security Standards: what the API server refuses
 * in a namespace that enforces it. Fields that no pod here has are refused as a whole.
 */
final class RestrictedPods {
  private static final Set<String> VOLUMES =
      Set.of(
          "name",
          "configMap",
          "csi",
          "downwardAPI",
          "emptyDir",
          "ephemeral",
          "persistentVolumeClaim",
          "projected",
          "secret");

  private RestrictedPods() {}

  /** What is refused in a pod's spec; empty if nothing is. */
  static List<String> violations(JsonNode spec) {
    List<String> violations = new ArrayList<>();
    for (String shared : List.of("hostNetwork", "hostPID", "hostIPC")) {
      if (spec.path(shared).asBoolean()) {
        violations.add("spec." + shared);
      }
    }
    for (JsonNode volume : spec.path("volumes")) {
      volume
          .fieldNames()
          .forEachRemaining(
              type -> {
                if (!VOLUMES.contains(type)) {
                  violations.add("volume " + volume.path("name").asText() + " is a " + type);
                }
              });
    }
    JsonNode pod = spec.path("securityContext");
    for (String list : List.of("initContainers", "containers", "ephemeralContainers")) {
      spec.path(list).forEach(container -> checkContainer(pod, container, violations));
    }
    return violations;
  }

  private static void checkContainer(JsonNode pod, JsonNode container, List<String> violations) {
    String name = "container " + container.path("name").asText();
    JsonNode own = container.path("securityContext");
    if (own.path("allowPrivilegeEscalation").asBoolean(true)) {
      violations.add(name + ": allowPrivilegeEscalation != false");
    }
    if (own.path("privileged").asBoolean()) {
      violations.add(name + ": privileged");
    }
    boolean dropsAll = false;
    for (JsonNode dropped : own.at("/capabilities/drop")) {
      dropsAll |= dropped.asText().equals("ALL");
    }
    if (!dropsAll) {
      violations.add(name + ": unrestricted capabilities");
    }
    for (JsonNode added : own.at("/capabilities/add")) {
      if (!added.asText().equals("NET_BIND_SERVICE")) {
        violations.add(name + ": adds capability " + added.asText());
      }
    }
    if (!either(own, pod, "/runAsNonRoot").asBoolean()) {
      violations.add(name + ": runAsNonRoot != true");
    }
    if (either(own, pod, "/runAsUser").asInt(1) == 0) {
      violations.add(name + ": runAsUser = 0");
    }
    String seccomp = either(own, pod, "/seccompProfile/type").asText();
    if (!Set.of("RuntimeDefault", "Localhost").contains(seccomp)) {
      violations.add(name + ": seccompProfile");
    }
    for (JsonNode port : container.path("ports")) {
      if (port.path("hostPort").asInt() != 0) {
        violations.add(name + ": hostPort");
      }
    }
  }

  /** The container's own value, or the pod's. */
  private static JsonNode either(JsonNode own, JsonNode pod, String pointer) {
    return own.at(pointer).isMissingNode() ? pod.at(pointer) : own.at(pointer);
  }
}
