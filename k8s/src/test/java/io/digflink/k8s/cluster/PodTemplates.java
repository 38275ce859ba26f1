package io.digflink.k8s.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.digflink.k8s.manifest.Manifest;

/**
 * Pod templates as the Flink Kubernetes Operator merges them: the deployment's own, and over it
 * that of the JobManager or the TaskManager. Elements of lists are merged by their position.
 */
final class PodTemplates {
  private PodTemplates() {}

  /** The template of a role, {@code jobManager} or {@code taskManager}. */
  static JsonNode of(Manifest deployment, String role) {
    JsonNode merged = deployment.at("/spec/podTemplate").deepCopy();
    merge(merged, deployment.at("/spec/" + role + "/podTemplate"));
    return merged;
  }

  private static void merge(JsonNode into, JsonNode from) {
    from.properties()
        .forEach(
            field -> {
              JsonNode there = into.get(field.getKey());
              if (there == null || there.isValueNode()) {
                ((ObjectNode) into).set(field.getKey(), field.getValue().deepCopy());
              } else if (there.isArray()) {
                mergeList((ArrayNode) there, field.getValue());
              } else {
                merge(there, field.getValue());
              }
            });
  }

  private static void mergeList(ArrayNode into, JsonNode from) {
    for (int i = 0; i < from.size(); i++) {
      if (i < into.size()) {
        merge(into.get(i), from.get(i));
      } else {
        into.add(from.get(i).deepCopy());
      }
    }
  }
}
