package io.digflink.k8s.manifest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * One Kubernetes object.
 *
 * @param source where it was read: a file or an overlay
 * @param node its content
 */
public record Manifest(String source, JsonNode node) {
  private static final YAMLMapper YAML = new YAMLMapper();

  /** The objects of a YAML text, which separates them by {@code ---}. */
  public static List<Manifest> parse(String source, String yaml) {
    ObjectReader reader = YAML.readerFor(JsonNode.class);
    List<Manifest> manifests = new ArrayList<>();
    try (MappingIterator<JsonNode> documents = reader.readValues(yaml)) {
      documents.forEachRemaining(document -> manifests.add(new Manifest(source, document)));
    } catch (IOException e) {
      throw new UncheckedIOException(source + " is no YAML: " + e.getMessage(), e);
    }
    return manifests;
  }

  /**
   * Every object under a folder; kustomization files are instructions to kustomize, not objects.
   */
  public static List<Manifest> readAll(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      List<Manifest> manifests = new ArrayList<>();
      for (Path file : files.filter(f -> f.toString().endsWith(".yaml")).sorted().toList()) {
        parse(folder.relativize(file).toString(), Files.readString(file)).stream()
            .filter(manifest -> manifest.node().has("apiVersion"))
            .filter(manifest -> !manifest.kind().equals("Kustomization"))
            .forEach(manifests::add);
      }
      return manifests;
    }
  }

  /** Its kind, such as {@code KafkaTopic}. */
  public String kind() {
    return node.path("kind").asText();
  }

  /** Group and version, such as {@code kafka.strimzi.io/v1}. */
  public String apiVersion() {
    return node.path("apiVersion").asText();
  }

  /** Its name. */
  public String name() {
    return node.at("/metadata/name").asText();
  }

  /** A value inside, by JSON pointer; a missing node where there is none. */
  public JsonNode at(String pointer) {
    return node.at(pointer);
  }

  /** An object of strings inside as a map, in the order of the file. */
  public Map<String, String> strings(String pointer) {
    Map<String, String> values = new LinkedHashMap<>();
    node.at(pointer)
        .properties()
        .forEach(entry -> values.put(entry.getKey(), entry.getValue().asText()));
    return values;
  }

  /** The text as YAML. */
  public String yaml() {
    try {
      return YAML.writeValueAsString(node);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public String toString() {
    return source + ": " + kind() + " " + name();
  }
}
