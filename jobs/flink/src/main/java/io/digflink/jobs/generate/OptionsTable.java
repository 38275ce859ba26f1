package io.digflink.jobs.generate;

import java.time.Duration;
import java.util.stream.Collectors;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.description.TextElement;
import org.apache.flink.util.TimeUtils;

/** The job's options as tables, made from their declarations. */
public final class OptionsTable {
  private OptionsTable() {}

  /** Rows of a Markdown table, head first. */
  public static String markdown() {
    return GenerateOptions.all().stream()
        .map(
            option ->
                String.format(
                    "| `%s` | %s | %s | %s |",
                    option.key(), type(option), defaultOf(option), description(option)))
        .collect(
            Collectors.joining(
                "\n", "| option | type | default | meaning |\n| --- | --- | --- | --- |\n", "\n"));
  }

  /** One paragraph per option, for a terminal. */
  public static String text() {
    return GenerateOptions.all().stream()
        .map(
            option ->
                String.format(
                    "  --%s (%s, default: %s)%n      %s",
                    option.key(), type(option), defaultOf(option), description(option)))
        .collect(Collectors.joining(System.lineSeparator()));
  }

  private static String type(ConfigOption<?> option) {
    // Every option without a default is a string.
    return option.hasDefaultValue() ? option.defaultValue().getClass().getSimpleName() : "String";
  }

  private static String defaultOf(ConfigOption<?> option) {
    if (!option.hasDefaultValue()) {
      return "none";
    }
    Object value = option.defaultValue();
    return value instanceof Duration duration
        ? TimeUtils.formatWithHighestUnit(duration)
        : value.toString();
  }

  private static String description(ConfigOption<?> option) {
    return ((TextElement) option.description().getBlocks().get(0)).getFormat();
  }
}
