package io.digflink.k8s.options;

import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.Configuration;

/**
 * Declared options, to check a manifest's keys and values against. Deprecated forms of a key count
 * as unknown.
 */
final class DeclaredOptions {
  /** The part of a key that stands for a name the user chooses. */
  private static final Pattern PLACEHOLDER = Pattern.compile("<[^>]+>");

  private final Map<Pattern, ConfigOption<?>> byKey = new LinkedHashMap<>();

  DeclaredOptions(Collection<ConfigOption<?>> options) {
    for (ConfigOption<?> option : options) {
      String[] fixedParts = PLACEHOLDER.split(option.key(), -1);
      for (int i = 0; i < fixedParts.length; i++) {
        fixedParts[i] = Pattern.quote(fixedParts[i]);
      }
      byKey.put(Pattern.compile(String.join("[a-z0-9-]+", fixedParts)), option);
    }
  }

  /** The options in the constants of a class. */
  static List<ConfigOption<?>> constantsOf(Class<?> type) {
    List<ConfigOption<?>> options = new ArrayList<>();
    for (Field field : type.getFields()) {
      if (field.getType() == ConfigOption.class && Modifier.isStatic(field.getModifiers())) {
        try {
          options.add((ConfigOption<?>) field.get(null));
        } catch (IllegalAccessException e) {
          throw new IllegalStateException(e);
        }
      }
    }
    return options;
  }

  /** What is wrong with these settings: unknown keys, and values that are not of the type. */
  List<String> violations(Map<String, String> settings) {
    List<String> violations = new ArrayList<>();
    settings.forEach((key, value) -> check(key, value, violations));
    return violations;
  }

  private void check(String key, String value, List<String> violations) {
    List<ConfigOption<?>> matching =
        byKey.entrySet().stream()
            .filter(entry -> entry.getKey().matcher(key).matches())
            .<ConfigOption<?>>map(Map.Entry::getValue)
            .toList();
    if (matching.isEmpty()) {
      violations.add(key + ": no such option");
    }
    for (ConfigOption<?> option : matching) {
      try {
        Configuration.fromMap(Map.of(option.key(), value)).getOptional(option);
      } catch (IllegalArgumentException e) {
        violations.add(key + ": " + e.getMessage());
      }
    }
  }
}
