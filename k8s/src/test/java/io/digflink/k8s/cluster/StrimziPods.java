package io.digflink.k8s.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.digflink.k8s.manifest.Manifest;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The pods that Strimzi makes of a Kafka resource, as far as security goes: with its default
 * provider ("baseline") a pod and its containers have the contexts of the resource's templates and
 * no others.
 */
final class StrimziPods {
  private StrimziPods() {}

  /** The specs of the pods by their names: brokers, and the operators of topics and users. */
  static Map<String, JsonNode> of(Manifest kafka) {
    return Map.of(
        "brokers", pod(kafka.at("/spec/kafka/template"), List.of("kafka")),
        "entity operator",
            pod(
                kafka.at("/spec/entityOperator/template"),
                List.of("topicOperator", "userOperator")));
  }

  private static JsonNode pod(JsonNode template, List<String> containers) {
    ObjectNode spec = JsonNodeFactory.instance.objectNode();
    copy(template.at("/pod/securityContext"), spec);
    List<JsonNode> made = new ArrayList<>();
    for (String name : containers) {
      ObjectNode container =
          JsonNodeFactory.instance.objectNode().put("name", name.toLowerCase(Locale.ROOT));
      copy(template.at("/" + name + "Container/securityContext"), container);
      made.add(container);
    }
    spec.putArray("containers").addAll(made);
    return spec;
  }

  private static void copy(JsonNode context, ObjectNode owner) {
    if (!context.isMissingNode()) {
      owner.set("securityContext", context);
    }
  }
}
