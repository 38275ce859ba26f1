package io.digflink.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.digflink.jobs.generate.GenerateOptions;
import java.util.Map;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

class HelpTest {
  private final Map<String, CommandLine> commands = Dig.commandLine().getSubcommands();

  @Test
  void noCommandShowsADefaultThatDoesNotExist() {
    assertThat(commands).isNotEmpty();
    commands.forEach(
        (name, command) ->
            assertThat(command.getUsageMessage()).as(name).doesNotContain("null").contains(name));
  }

  @Test
  void generateShowsTheJobsTopics() {
    assertThat(commands.get("generate").getUsageMessage())
        .contains(
            "(default: " + GenerateOptions.REQUESTS_TOPIC.defaultValue() + ")",
            "(default: " + GenerateOptions.IMAGES_TOPIC.defaultValue() + ")",
            "(default: " + GenerateOptions.REJECTED_TOPIC.defaultValue() + ")");
  }

  @Test
  void everyOptionShowsItsDefaultInTheSameWay() {
    commands.forEach(
        (name, command) ->
            command.getCommandSpec().options().stream()
                .filter(option -> option.defaultValue() != null || option.initialValue() != null)
                .filter(option -> option.arity().max() > 0 && !option.isMultiValue())
                .forEach(
                    option ->
                        assertThat(String.join(" ", option.description()))
                            .as(name + " " + option.longestName())
                            .contains("(default: ")));
  }
}
