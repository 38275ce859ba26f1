package io.digflink.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.NoSuchFileException;
import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.ParseResult;

/** Tells what is wrong: a message for what a user can mend, a stack trace for a defect. */
final class FailureReport implements IExecutionExceptionHandler {
  private static final int FAILED = 1;

  @Override
  public int handleExecutionException(
      Exception failure, CommandLine commandLine, ParseResult parsed) {
    PrintWriter err = commandLine.getErr();
    if (failure instanceof IllegalArgumentException || failure instanceof IOException) {
      err.println(
          failure instanceof NoSuchFileException missing && missing.getReason() == null
              ? "There is no file " + missing.getFile()
              : failure.getMessage());
    } else {
      failure.printStackTrace(err);
    }
    err.flush();
    return FAILED;
  }
}
