package io.digflink.synthesis.spec;

import java.util.Locale;

/** What the compact constructors of the specification check with. */
final class SpecChecks {
  private SpecChecks() {}

  static void requirePresent(String key, Object value) {
    require(value != null, "%s is missing", key);
  }

  static void require(boolean condition, String format, Object... arguments) {
    if (!condition) {
      throw new IllegalArgumentException(String.format(Locale.ROOT, format, arguments));
    }
  }
}
