package io.digflink.synthesis.spec;

import io.digflink.runtime.model.UnservableException;
import java.util.Locale;

/** What the compact constructors of the specification check with. */
final class SpecChecks {
  private SpecChecks() {}

  static void requirePresent(String key, Object value) {
    require(value != null, "%s is missing", key);
  }

  /** A value that the runtime makes of a given one. */
  interface Reading<T> {
    T read() throws UnservableException;
  }

  /** A check that the runtime makes. */
  interface Check {
    void run() throws UnservableException;
  }

  /** Reads a value; what is wrong with it is said in the words of a specification. */
  static <T> T read(Reading<T> reading) {
    try {
      return reading.read();
    } catch (UnservableException e) {
      throw new IllegalArgumentException(SpecException.message(e), e);
    }
  }

  /** Checks a value in the same way. */
  static void check(Check check) {
    read(
        () -> {
          check.run();
          return null;
        });
  }

  static void require(boolean condition, String format, Object... arguments) {
    if (!condition) {
      throw new IllegalArgumentException(String.format(Locale.ROOT, format, arguments));
    }
  }
}
