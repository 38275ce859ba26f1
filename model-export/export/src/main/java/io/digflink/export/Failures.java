package io.digflink.export;

import java.nio.file.NoSuchFileException;
import picocli.CommandLine.Model.CommandSpec;

/** Tells the user what is wrong, without a stack trace. */
final class Failures {
  /** Exit code of a command whose input is at fault. */
  private static final int FAILED = 1;

  private Failures() {}

  static int report(CommandSpec spec, Exception failure) {
    String message =
        failure instanceof NoSuchFileException
            ? "There is no file " + failure.getMessage()
            : failure.getMessage();
    spec.commandLine().getErr().println(message);
    spec.commandLine().getErr().flush();
    return FAILED;
  }
}
