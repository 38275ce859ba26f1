package io.digflink.cli;

import java.time.Instant;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** How long a command waits for images; also the deadline of its requests. */
final class Timeout {
  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  private long seconds = 600;
  private Instant at;

  /** Takes the option's value. */
  @Option(
      names = "--timeout",
      paramLabel = "SECONDS",
      defaultValue = "600",
      description =
          "Give up after so long; it is the deadline of the requests too (default:"
              + " ${DEFAULT-VALUE}).")
  void setSeconds(long given) {
    if (given < 1) {
      throw new ParameterException(
          command.commandLine(), "Expected --timeout of 1 second or more, found " + given);
    }
    seconds = given;
  }

  /** Starts the time. */
  void start() {
    at = Instant.now().plusSeconds(seconds);
  }

  /** The end of the time. */
  Instant at() {
    return at;
  }

  /** Its length. */
  long seconds() {
    return seconds;
  }
}
