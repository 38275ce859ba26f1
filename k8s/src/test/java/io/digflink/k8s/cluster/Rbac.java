package io.digflink.k8s.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import io.digflink.k8s.manifest.Manifest;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** What service accounts may do, by the Roles that RoleBindings give them. */
final class Rbac {
  private Rbac() {}

  /** Everything an account may do in its namespace, as {@code verb resource}. */
  static Set<String> allowed(List<Manifest> manifests, String account) {
    Set<String> allowed = new TreeSet<>();
    for (Manifest binding : manifests) {
      if (binding.kind().equals("RoleBinding")
          && binding.at("/subjects").findValuesAsText("name").contains(account)) {
        String role = binding.at("/roleRef/name").asText();
        manifests.stream()
            .filter(manifest -> manifest.kind().equals("Role") && manifest.name().equals(role))
            .forEach(manifest -> manifest.at("/rules").forEach(rule -> add(rule, allowed)));
      }
    }
    return allowed;
  }

  private static void add(JsonNode rule, Set<String> allowed) {
    for (JsonNode verb : rule.path("verbs")) {
      rule.path("resources")
          .forEach(resource -> allowed.add(verb.asText() + " " + resource.asText()));
    }
  }
}
