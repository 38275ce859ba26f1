package io.digflink.cli;

import io.digflink.cli.process.Causes;
import io.digflink.cli.process.LogFile;
import io.digflink.cli.process.Teardown;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Optional;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/**
 * Reports what is wrong, for every command: one sentence on standard error, and the exit code.
 *
 * <ul>
 *   <li>0: done
 *   <li>1: failed; the log file has the stack trace
 *   <li>2: wrong usage: the command line itself must be changed
 * </ul>
 */
final class FailureReport implements IExecutionExceptionHandler, IParameterExceptionHandler {
  @Override
  public int handleParseException(ParameterException failure, String[] arguments) {
    // A check of a file that an option names is no matter of usage.
    if (failure.getCause() instanceof IOException problem) {
      return handleExecutionException(problem, failure.getCommandLine(), null);
    }
    CommandLine command = failure.getCommandLine();
    PrintWriter err = command.getErr();
    err.println(failure.getMessage());
    err.println("See: " + command.getCommandSpec().qualifiedName() + " --help");
    err.flush();
    return ExitCode.USAGE;
  }

  @Override
  public int handleExecutionException(
      Exception failure, CommandLine commandLine, ParseResult parsed) {
    if (Teardown.hasBegun()) {
      return ExitCode.SOFTWARE; // stopped by the user, who knows
    }
    if (failure instanceof ParameterException usage) {
      return handleParseException(usage, new String[0]);
    }
    LoggerFactory.getLogger(FailureReport.class).info("Failed", failure);
    PrintWriter err = commandLine.getErr();
    boolean usage = failure instanceof IllegalArgumentException && Causes.isExplained(failure);
    boolean explained =
        usage || failure instanceof IOException || failure instanceof UncheckedIOException;
    err.println((explained ? "" : "Failed: ") + Causes.sentence(failure));
    if (!usage && !nameLog(err) && !explained) {
      failure.printStackTrace(err);
    }
    err.flush();
    return usage ? ExitCode.USAGE : ExitCode.SOFTWARE;
  }

  /** Says where the log file is; returns whether there is one. */
  static boolean nameLog(PrintWriter err) {
    Optional<Path> log = LogFile.path();
    log.ifPresent(file -> err.println("The whole log is in " + file));
    err.flush();
    return log.isPresent();
  }
}
