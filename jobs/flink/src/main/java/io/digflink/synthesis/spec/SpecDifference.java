package io.digflink.synthesis.spec;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/** Names what two JSON documents differ in. */
public final class SpecDifference {
  private SpecDifference() {}

  /**
   * One line for each value that is not the same in both, such as {@code guidance.from: 1.5 there,
   * 2.0 here}, in order of the paths.
   */
  public static List<String> between(JsonNode there, JsonNode here) {
    Map<String, String> left = new TreeMap<>();
    Map<String, String> right = new TreeMap<>();
    flatten("", there, left);
    flatten("", here, right);
    TreeSet<String> paths = new TreeSet<>(left.keySet());
    paths.addAll(right.keySet());
    List<String> lines = new ArrayList<>();
    for (String path : paths) {
      String a = left.getOrDefault(path, "nothing");
      String b = right.getOrDefault(path, "nothing");
      if (!a.equals(b)) {
        lines.add(path + ": " + a + " there, " + b + " here");
      }
    }
    return lines;
  }

  private static void flatten(String path, JsonNode node, Map<String, String> values) {
    if (node.isObject()) {
      node.properties()
          .forEach(entry -> flatten(join(path, entry.getKey()), entry.getValue(), values));
    } else if (node.isArray()) {
      for (int i = 0; i < node.size(); i++) {
        flatten(join(path, String.valueOf(i)), node.get(i), values);
      }
    } else {
      values.put(path, node.asText());
    }
  }

  private static String join(String path, String key) {
    return path.isEmpty() ? key : path + "." + key;
  }
}
