package io.digflink.lab.cluster;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Programs of the machine, such as {@code mount} and {@code ip}. */
public final class Program {
  private Program() {}

  /** Runs a program; returns whether it is there and ended well. */
  public static boolean succeeds(String... command) throws InterruptedException {
    try {
      return start(command).waitFor() == 0;
    } catch (IOException noSuchProgram) {
      return false;
    }
  }

  /**
   * Runs a program that must end well.
   *
   * @throws IOException with what it printed, if it does not
   */
  public static void run(String... command) throws IOException, InterruptedException {
    Process process = start(command);
    String printed =
        new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    int status = process.waitFor();
    if (status != 0) {
      throw new IOException(
          "Expected \""
              + String.join(" ", command)
              + "\" to end well, found status "
              + status
              + ": "
              + printed);
    }
  }

  private static Process start(String... command) throws IOException {
    return new ProcessBuilder(List.of(command)).redirectErrorStream(true).start();
  }
}
