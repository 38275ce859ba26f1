package io.digflink.cli;

import io.digflink.cli.process.DigProcess;
import io.digflink.schemas.codec.TrustedRecords;
import java.util.ServiceLoader;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The root of all commands. */
@Command(
    name = "dig",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    description = "A Kafka topic of requests into images, with linear-attention diffusion.",
    footer = {
      "",
      "  test          Run every test (arguments go to Maven).",
      "  bench         Measure (builds the lab first); bench --help lists what.",
      "  test faults   Break a cluster of processes under load, and judge what comes of it.",
      "  test soak     Load a cluster with twice what it can serve.",
      "",
      "Exit codes: 0 done, 1 failed, 2 wrong usage.",
      "",
      "-J-Xmx4g or DIG_JVM_OPTS pass options to the JVM."
    },
    subcommands = {
      DemoCommand.class,
      GenerateCommand.class,
      RequestsCommand.class,
      ImagesCommand.class,
      RejectedCommand.class,
      CancelCommand.class,
      GalleryCommand.class,
      GenerateJobCommand.class,
      SynthesizeCommand.class,
      ExportCommand.class,
      InspectCommand.class,
      VerifyCommand.class,
      AuditCommand.class
    })
public final class Dig implements Runnable {
  @Spec private CommandSpec spec;

  /** Runs a command. */
  public static void main(String[] arguments) {
    DigProcess.begin();
    System.exit(commandLine().execute(arguments));
  }

  /** The command line, with the commands that other modules add. */
  public static CommandLine commandLine() {
    TrustedRecords.install();
    CommandLine commandLine = new CommandLine(new Dig());
    ServiceLoader.load(Subcommand.class).forEach(commandLine::addSubcommand);
    FailureReport report = new FailureReport();
    return commandLine
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setExecutionExceptionHandler(report)
        .setParameterExceptionHandler(report);
  }

  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(),
        "Expected a command, found none: give one of "
            + String.join(", ", spec.subcommands().keySet()));
  }
}
