package io.digflink.synthesis.spec;

import static io.digflink.synthesis.spec.SpecChecks.require;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * How images get their labels. In YAML {@code balanced}, {@code unconditional}, {@code {weighted:
 * {class: weight}}} or {@code {listed: [class, …]}}; a class is its name or its index.
 *
 * @param kind which of the four
 * @param weights share of the images by class; empty unless weighted
 * @param list classes of image 0, 1, …, from the beginning again at its end; empty unless listed
 */
public record Labels(Kind kind, Map<String, Double> weights, List<String> list)
    implements Serializable {
  /** As many of every class, to within one image. */
  public static final Labels BALANCED = new Labels(Kind.BALANCED, Map.of(), List.of());

  /** The ways to choose labels. */
  public enum Kind {
    BALANCED,
    UNCONDITIONAL,
    WEIGHTED,
    LISTED;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  public Labels {
    require(kind != Kind.WEIGHTED || !weights.isEmpty(), "labels.weighted is empty: give a class");
    require(kind != Kind.LISTED || !list.isEmpty(), "labels.listed is empty: give a class");
    weights.forEach(
        (name, weight) ->
            require(
                weight > 0 && Double.isFinite(weight),
                "labels.weighted gives %s the weight %s; expected a positive number",
                name,
                weight));
    weights = Collections.unmodifiableMap(new LinkedHashMap<>(weights));
    list = List.copyOf(list);
  }

  /** Reads either form of YAML. */
  @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
  static Labels parse(JsonNode node) {
    if (node.isTextual() && node.textValue().equalsIgnoreCase("balanced")) {
      return BALANCED;
    }
    if (node.isTextual() && node.textValue().equalsIgnoreCase("unconditional")) {
      return new Labels(Kind.UNCONDITIONAL, Map.of(), List.of());
    }
    if (node.isObject() && node.size() == 1 && node.path("weighted").isObject()) {
      return new Labels(Kind.WEIGHTED, weights(node.get("weighted")), List.of());
    }
    if (node.isObject() && node.size() == 1 && node.path("listed").isArray()) {
      return new Labels(Kind.LISTED, Map.of(), list(node.get("listed")));
    }
    throw new IllegalArgumentException(
        "labels is "
            + node
            + "; expected balanced, unconditional, {weighted: {class: weight, …}} or {listed:"
            + " [class, …]}");
  }

  private static Map<String, Double> weights(JsonNode node) {
    Map<String, Double> weights = new LinkedHashMap<>();
    node.properties()
        .forEach(
            entry -> {
              require(
                  entry.getValue().isNumber(),
                  "labels.weighted gives %s the weight %s; expected a positive number",
                  entry.getKey(),
                  entry.getValue());
              weights.put(entry.getKey(), entry.getValue().doubleValue());
            });
    return weights;
  }

  private static List<String> list(JsonNode node) {
    List<String> list = new ArrayList<>();
    for (JsonNode entry : node) {
      require(
          entry.isTextual() || entry.isIntegralNumber(),
          "labels.listed has the entry %s; expected a class name or index",
          entry);
      list.add(entry.asText());
    }
    return list;
  }

  /** The form that {@link #parse} reads. */
  @JsonValue
  Object toYaml() {
    return switch (kind) {
      case BALANCED, UNCONDITIONAL -> kind.toString();
      case WEIGHTED -> Map.of("weighted", weights);
      case LISTED -> Map.of("listed", list);
    };
  }
}
