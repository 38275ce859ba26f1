package io.digflink.k8s;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;

/** Programs of this machine that some tests can use. */
public final class Programs {
  private Programs() {}

  /** Whether the search path has the program. */
  public static boolean isInstalled(String name) {
    return Pattern.compile(File.pathSeparator)
        .splitAsStream(System.getenv("PATH"))
        .anyMatch(folder -> Files.isExecutable(Path.of(folder, name)));
  }

  /**
   * What a program writes to its standard output.
   *
   * @throws IOException if it fails; the message is what it wrote to its error output
   */
  public static String output(List<String> command) throws IOException, InterruptedException {
    Path errors = Files.createTempFile("errors", ".txt");
    try {
      Process process = new ProcessBuilder(command).redirectError(errors.toFile()).start();
      process.getOutputStream().close();
      byte[] output = process.getInputStream().readAllBytes();
      if (process.waitFor() != 0) {
        throw new IOException(
            String.join(" ", command)
                + ": "
                + Files.readString(errors)
                + new String(output, StandardCharsets.UTF_8));
      }
      return new String(output, StandardCharsets.UTF_8);
    } finally {
      Files.delete(errors);
    }
  }
}
