package io.digflink.export.arch;

import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** Reads the arguments of an official constructor by name, with its defaults. */
final class ConstructorArguments {
  private final String constructor;
  private final Map<String, Object> values;
  private final Set<String> known = new HashSet<>();

  ConstructorArguments(String constructor, Map<String, Object> values) {
    this.constructor = constructor;
    this.values = values;
  }

  int integer(String name, int defaultValue) {
    Object value = get(name, defaultValue);
    if (value instanceof Number number && number.doubleValue() == number.intValue()) {
      return number.intValue();
    }
    throw wrong(name, "a whole number", value);
  }

  double real(String name, double defaultValue) {
    Object value = get(name, defaultValue);
    if (value instanceof Number number) {
      return number.doubleValue();
    }
    throw wrong(name, "a number", value);
  }

  boolean flag(String name, boolean defaultValue) {
    Object value = get(name, defaultValue);
    if (value instanceof Boolean flag) {
      return flag;
    }
    throw wrong(name, "true or false", value);
  }

  String text(String name, String defaultValue) {
    Object value = get(name, defaultValue);
    if (value instanceof String text) {
      return text;
    }
    throw wrong(name, "a string", value);
  }

  /** The raw value, for types that the methods above do not read. */
  Object get(String name, Object defaultValue) {
    known.add(name);
    Object value = values.get(name);
    return value == null ? defaultValue : value;
  }

  /** Names arguments that do not affect inference. */
  void withoutEffect(String... names) {
    known.addAll(Set.of(names));
  }

  /** Refuses every argument that was not asked for. */
  void refuseOthers() {
    Set<String> unknown = new TreeSet<>(values.keySet());
    unknown.removeAll(known);
    require(
        unknown.isEmpty(),
        "%s has no argument %s; it takes %s",
        constructor,
        String.join(", ", unknown),
        String.join(", ", new TreeSet<>(known)));
  }

  private IllegalArgumentException wrong(String name, String expected, Object found) {
    return new IllegalArgumentException(
        String.format("%s's argument %s is %s; expected %s", constructor, name, found, expected));
  }

  static void require(boolean condition, String format, Object... arguments) {
    if (!condition) {
      throw new IllegalArgumentException(String.format(format, arguments));
    }
  }
}
