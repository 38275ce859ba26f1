package io.digflink.tools;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Programs of this machine that tests run. The script {@code .ci/tool} lists them, with the
 * versions that they need and the packages that have them.
 */
public final class Tool {
  private static final Path SCRIPT =
      Path.of(System.getProperty("dig.home", "../.."), ".ci/tool").toAbsolutePath();

  private static final Map<String, Result> SEARCHES = new ConcurrentHashMap<>();

  private Tool() {}

  /**
   * Finds a program. If this machine has none that is new enough, the test is skipped with the
   * reason and the package to install.
   *
   * @param name as the script lists it, which need not be the program's: numpy is a python3
   * @return the program's path
   */
  public static String require(String name) {
    Result search =
        SEARCHES.computeIfAbsent(name, missing -> search(System.getenv("PATH"), missing));
    if (search.status > 1) {
      throw new IllegalArgumentException(search.errors);
    }
    assumeTrue(search.status == 0, search.errors);
    return search.output;
  }

  /** Exit status, and what was written to standard output and standard error, without line ends. */
  record Result(int status, String output, String errors) {}

  /** Runs the script. */
  static Result search(String path, String argument) {
    try {
      ProcessBuilder builder = new ProcessBuilder(SCRIPT.toString(), argument);
      builder.environment().put("PATH", path);
      Process process = builder.start();
      process.getOutputStream().close();
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      String errors = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
      return new Result(process.waitFor(), output.strip(), errors.strip());
    } catch (IOException e) {
      throw new IllegalStateException("Could not run " + SCRIPT, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }
}
