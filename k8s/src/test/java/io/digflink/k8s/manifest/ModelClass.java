package io.digflink.k8s.manifest;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;

/**
 * A kind of object, described by its published Java class (Kubernetes, Strimzi, the Prometheus
 * operator).
 *
 * <p>Those classes accept any field and keep unknown ones in {@code additionalProperties}, and some
 * read an unknown enumeration value as null. This check finds both.
 */
final class ModelClass {
  private static final KubernetesSerialization SERIALIZATION = new KubernetesSerialization();

  private final Class<?> type;

  ModelClass(Class<?> type) {
    this.type = type;
  }

  /** Everything in the object that the class cannot hold; empty if nothing is wrong. */
  List<String> violations(Manifest manifest) {
    Object object;
    try {
      object = SERIALIZATION.unmarshal(manifest.yaml(), type);
    } catch (RuntimeException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      return List.of(cause.getMessage().lines().findFirst().orElseThrow());
    }
    List<String> violations = new ArrayList<>();
    try {
      compare(object, manifest.node(), "", violations);
    } catch (IllegalAccessException e) {
      throw new IllegalStateException(e);
    }
    return violations;
  }

  private static void compare(Object value, JsonNode node, String path, List<String> violations)
      throws IllegalAccessException {
    if (value == null && !node.isMissingNode() && !node.isNull()) {
      violations.add(path + ": there is no such value as " + node);
    } else if (value instanceof Map<?, ?> map) {
      for (Map.Entry<?, ?> entry : map.entrySet()) {
        String key = entry.getKey().toString();
        compare(entry.getValue(), node.path(key), path + "." + key, violations);
      }
    } else if (value instanceof Collection<?> collection) {
      int i = 0;
      for (Object element : collection) {
        compare(element, node.path(i), path + "[" + i++ + "]", violations);
      }
    } else if (isModel(value)) {
      for (Class<?> type = value.getClass(); isModel(type); type = type.getSuperclass()) {
        for (Field field : type.getDeclaredFields()) {
          if (!Modifier.isStatic(field.getModifiers())) {
            compareField(value, field, node, path, violations);
          }
        }
      }
    }
  }

  private static void compareField(
      Object owner, Field field, JsonNode node, String path, List<String> violations)
      throws IllegalAccessException {
    field.setAccessible(true);
    Object value = field.get(owner);
    if (field.getName().equals("additionalProperties")) {
      if (value != null) {
        ((Map<?, ?>) value)
            .keySet()
            .forEach(name -> violations.add(path + "." + name + ": unknown"));
      }
    } else {
      JsonProperty named = field.getAnnotation(JsonProperty.class);
      String name = named == null || named.value().isEmpty() ? field.getName() : named.value();
      // What chose the class needs no check, and Strimzi's classes do not hold it.
      if (!path.isEmpty() || !List.of("apiVersion", "kind").contains(name)) {
        compare(value, node.path(name), path + "." + name, violations);
      }
    }
  }

  private static boolean isModel(Object value) {
    return value != null && isModel(value.getClass());
  }

  private static boolean isModel(Class<?> type) {
    return !type.isEnum() && type.getName().matches("io\\.(fabric8|strimzi)\\..*");
  }
}
