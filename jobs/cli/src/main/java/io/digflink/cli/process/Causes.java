package io.digflink.cli.process;

import io.digflink.jobs.files.FileProblem;
import java.nio.file.FileSystemException;
import java.util.Set;

/** Says in one sentence what is behind a failure. */
public final class Causes {
  private static final String OURS = "io.digflink.";

  /** Their messages say everything. */
  private static final Set<String> TELLING =
      Set.of("IOException", "UncheckedIOException", "IllegalArgumentException", "Exception");

  private Causes() {}

  /** The cause of a failure, without its stack trace. */
  public static String sentence(Throwable failure) {
    return describe(root(failure));
  }

  /**
   * The outermost failure that our own code explains, since it knows the circumstances; or else the
   * innermost one, since frameworks only wrap it.
   */
  public static Throwable root(Throwable failure) {
    Throwable innermost = failure;
    for (Throwable t = failure; t != null; t = t.getCause()) {
      if (isExplained(t)) {
        return t;
      }
      innermost = t;
    }
    return innermost;
  }

  /** Whether our own code threw a failure, with a message that says what is wrong. */
  public static boolean isExplained(Throwable failure) {
    StackTraceElement[] trace = failure.getStackTrace();
    boolean ours = trace.length > 0 && trace[0].getClassName().startsWith(OURS);
    Throwable cause = failure.getCause();
    boolean wrapsOnly =
        failure.getMessage() == null
            || cause != null && failure.getMessage().equals(cause.toString());
    return ours && !wrapsOnly;
  }

  private static String describe(Throwable failure) {
    String message = failure.getMessage() == null ? "" : failure.getMessage().strip();
    if (!isExplained(failure)) {
      message = message.lines().findFirst().orElse("").strip();
    }
    if (failure instanceof ClassNotFoundException || failure instanceof NoClassDefFoundError) {
      return "the class " + message.replace('/', '.') + " is missing from the class path";
    }
    if (failure instanceof OutOfMemoryError) {
      return "out of memory ("
          + message
          + "): give the JVM more, with -J-Xmx8g for instance, or less to do";
    }
    if (failure instanceof FileSystemException problem) {
      return problem.getFile() + ": " + FileProblem.of(problem);
    }
    String name = failure.getClass().getSimpleName();
    if (message.isEmpty()) {
      return name;
    }
    boolean telling = TELLING.contains(name) || failure.getClass().getName().startsWith(OURS);
    return telling ? message : name + ": " + message;
  }
}
