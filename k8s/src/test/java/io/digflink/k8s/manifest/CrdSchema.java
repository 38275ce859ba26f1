package io.digflink.k8s.manifest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * The OpenAPI schema of a custom resource definition.
 *
 * <p>Kubernetes silently drops fields that the schema does not declare, so a misspelt one would
 * have no effect. This check reports them.
 */
final class CrdSchema {
  private final JsonNode schema;

  private CrdSchema(JsonNode schema) {
    this.schema = schema;
  }

  /** The schema in a definition on the class path. */
  static CrdSchema ofResource(String resource) {
    try (InputStream definition = CrdSchema.class.getResourceAsStream(resource)) {
      if (definition == null) {
        throw new IllegalStateException("The class path has no " + resource);
      }
      JsonNode version = new YAMLMapper().readTree(definition).at("/spec/versions/0");
      return new CrdSchema(version.at("/schema/openAPIV3Schema"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Everything in the object that the schema forbids, with its path; empty if nothing is wrong. */
  List<String> violations(JsonNode object) {
    List<String> violations = new ArrayList<>();
    // Kubernetes itself checks these three: no definition describes them.
    object
        .properties()
        .forEach(
            field -> {
              if (!List.of("apiVersion", "kind", "metadata").contains(field.getKey())) {
                walkField(schema, field.getKey(), field.getValue(), "", violations);
              }
            });
    return violations;
  }

  private void walk(JsonNode schema, JsonNode value, String path, List<String> violations) {
    if (value.isNull()) {
      if (!schema.path("nullable").asBoolean()) {
        violations.add(path + ": no value");
      }
    } else if (schema.path("x-kubernetes-int-or-string").asBoolean()) {
      require(
          value.isInt() || value.isTextual(), "an integer or a string", value, path, violations);
    } else {
      walkTyped(schema, value, path, violations);
    }
  }

  private void walkTyped(JsonNode schema, JsonNode value, String path, List<String> violations) {
    switch (schema.path("type").asText()) {
      case "object" -> walkObject(schema, value, path, violations);
      case "array" -> walkArray(schema, value, path, violations);
      case "string" -> walkString(schema, value, path, violations);
      case "integer" -> walkNumber(schema, value, "an integer", path, violations);
      case "number" -> walkNumber(schema, value, "a number", path, violations);
      case "boolean" -> require(value.isBoolean(), "a boolean", value, path, violations);
      default -> {
        if (!preservesUnknown(schema)) {
          violations.add(path + ": the schema gives no type");
        }
      }
    }
  }

  private void walkObject(JsonNode schema, JsonNode value, String path, List<String> violations) {
    if (!require(value.isObject(), "an object", value, path, violations)) {
      return;
    }
    for (JsonNode required : schema.path("required")) {
      if (!value.has(required.asText())) {
        violations.add(path + ": lacks " + required.asText());
      }
    }
    value
        .properties()
        .forEach(
            field -> walkField(schema, field.getKey(), field.getValue(), path + ".", violations));
  }

  private void walkField(
      JsonNode schema, String name, JsonNode value, String prefix, List<String> violations) {
    JsonNode known = schema.path("properties").path(name);
    JsonNode others = schema.path("additionalProperties");
    if (known.isObject()) {
      walk(known, value, prefix + name, violations);
    } else if (others.isObject()) {
      walk(others, value, prefix + name, violations);
    } else if (!others.asBoolean() && !preservesUnknown(schema)) {
      TreeSet<String> names = new TreeSet<>();
      schema.path("properties").fieldNames().forEachRemaining(names::add);
      violations.add(prefix + name + ": unknown; the schema has " + names);
    }
  }

  private void walkArray(JsonNode schema, JsonNode value, String path, List<String> violations) {
    if (require(value.isArray(), "an array", value, path, violations)) {
      for (int i = 0; i < value.size(); i++) {
        walk(schema.path("items"), value.get(i), path + "[" + i + "]", violations);
      }
    }
  }

  private void walkString(JsonNode schema, JsonNode value, String path, List<String> violations) {
    if (!require(value.isTextual(), "a string", value, path, violations)) {
      return;
    }
    if (schema.has("enum")) {
      List<String> allowed = new ArrayList<>();
      schema.get("enum").forEach(one -> allowed.add(one.asText()));
      require(allowed.contains(value.asText()), "one of " + allowed, value, path, violations);
    }
    if (schema.has("pattern")) {
      String pattern = schema.get("pattern").asText();
      boolean matches = Pattern.compile(pattern).matcher(value.asText()).find();
      require(matches, "a match of " + pattern, value, path, violations);
    }
  }

  private void walkNumber(
      JsonNode schema, JsonNode value, String expected, String path, List<String> violations) {
    boolean fits = expected.equals("an integer") ? value.isIntegralNumber() : value.isNumber();
    if (!require(fits, expected, value, path, violations)) {
      return;
    }
    double number = value.asDouble();
    double least = schema.path("minimum").asDouble(Double.NEGATIVE_INFINITY);
    double most = schema.path("maximum").asDouble(Double.POSITIVE_INFINITY);
    boolean inRange = number >= least && number <= most;
    require(inRange, "a number of " + least + " to " + most, value, path, violations);
  }

  private static boolean preservesUnknown(JsonNode schema) {
    return schema.path("x-kubernetes-preserve-unknown-fields").asBoolean();
  }

  private static boolean require(
      boolean condition, String expected, JsonNode found, String path, List<String> violations) {
    if (!condition) {
      violations.add(path + ": expected " + expected + ", found " + found);
    }
    return condition;
  }
}
