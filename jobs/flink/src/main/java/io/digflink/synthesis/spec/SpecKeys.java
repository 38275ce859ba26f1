package io.digflink.synthesis.spec;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Finds keys that a specification does not have, before its values are looked at. */
final class SpecKeys {
  private SpecKeys() {}

  /**
   * Checks the keys of a document and of what it contains.
   *
   * @throws SpecException naming the first unknown key and the known ones
   */
  static void check(JsonNode document, Class<?> record) throws SpecException {
    check("", document, record);
  }

  private static void check(String path, JsonNode node, Type type) throws SpecException {
    if (node.isArray() && type instanceof ParameterizedType list) {
      for (JsonNode entry : node) {
        check(path, entry, list.getActualTypeArguments()[0]);
      }
    }
    // Labels have several forms, which they read themselves.
    if (!node.isObject()
        || !(type instanceof Class<?> record && record.isRecord())
        || record == Labels.class) {
      return;
    }
    Map<String, Type> known =
        Arrays.stream(record.getRecordComponents())
            .collect(
                Collectors.toMap(
                    SpecKeys::keyOf, RecordComponent::getGenericType, (a, b) -> a, TreeMap::new));
    for (Map.Entry<String, JsonNode> entry : node.properties()) {
      Type inner = known.get(entry.getKey());
      if (inner == null) {
        throw new SpecException(
            "there is no key \""
                + path
                + entry.getKey()
                + "\"; expected one of "
                + String.join(", ", known.keySet()));
      }
      check(path + entry.getKey() + ".", entry.getValue(), inner);
    }
  }

  private static String keyOf(RecordComponent component) {
    return PropertyNamingStrategies.SnakeCaseStrategy.INSTANCE.translate(component.getName());
  }
}
