package io.digflink.jobs.generate;

import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.Configuration;

/** The job's command line: {@code --key value} or {@code --key=value} for every option. */
public final class JobArguments {
  private JobArguments() {}

  /**
   * Parses a command line.
   *
   * @throws IllegalArgumentException naming an option that does not exist, or one whose value is
   *     missing or cannot be read
   */
  public static Configuration parse(String... arguments) {
    Map<String, ConfigOption<?>> known = new TreeMap<>();
    GenerateOptions.all().forEach(option -> known.put(option.key(), option));
    Map<String, String> values = new HashMap<>();
    for (int i = 0; i < arguments.length; i++) {
      String argument = arguments[i];
      int equals = argument.indexOf('=');
      String name = equals < 0 ? argument : argument.substring(0, equals);
      String key = name.startsWith("--") ? name.substring(2) : "";
      if (!known.containsKey(key)) {
        throw new IllegalArgumentException(
            "Expected options of "
                + new TreeSet<>(known.keySet())
                + " as --key value, found "
                + argument);
      }
      if (equals < 0 && i + 1 == arguments.length) {
        throw new IllegalArgumentException("Expected a value after " + argument + ", found none");
      }
      values.put(key, equals < 0 ? arguments[++i] : argument.substring(equals + 1));
    }
    Configuration configuration = Configuration.fromMap(values);
    values.keySet().forEach(key -> requireReadable(configuration, known.get(key)));
    return configuration;
  }

  private static void requireReadable(Configuration configuration, ConfigOption<?> option) {
    try {
      configuration.getOptional(option);
    } catch (IllegalArgumentException e) {
      Object example = option.defaultValue();
      throw new IllegalArgumentException(
          "Expected --"
              + option.key()
              + (example == null ? " with another value" : " with a value such as " + example)
              + ", found "
              + configuration.toMap().get(option.key()),
          e);
    }
  }
}
