package io.digflink.cli.process;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.UserPrincipal;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.commons.io.FileUtils;

/**
 * The one directory of this process for temporary files, Flink's and ONNX Runtime's included. The
 * launcher makes it, as {@code dig-PID-…}, and sets {@code java.io.tmpdir}, which the JVM reads
 * before any of our code runs. It goes with the process; what a killed process left is removed by
 * the next one.
 */
final class ProcessDirectory {
  private static final Pattern NAME = Pattern.compile("dig-(\\d{1,9})-.*");

  private ProcessDirectory() {}

  /** The directory, if the launcher has made one, after a look for those of killed processes. */
  static Optional<Path> find() {
    Path directory = temporary();
    Matcher name = NAME.matcher(directory.getFileName().toString());
    if (!name.matches() || Long.parseLong(name.group(1)) != ProcessHandle.current().pid()) {
      return Optional.empty();
    }
    try {
      removeLeftovers(directory);
    } catch (IOException e) {
      // Somebody else's temporary directory is nothing to fail for.
    }
    return Optional.of(directory);
  }

  /** The JVM's directory for temporary files. */
  static Path temporary() {
    return Path.of(System.getProperty("java.io.tmpdir")).toAbsolutePath();
  }

  /** Removes the directories of this user's processes that are no more. */
  private static void removeLeftovers(Path own) throws IOException {
    UserPrincipal user = Files.getOwner(own);
    try (DirectoryStream<Path> others = Files.newDirectoryStream(own.getParent(), "dig-*")) {
      for (Path other : others) {
        Matcher name = NAME.matcher(other.getFileName().toString());
        if (name.matches() && !isAlive(Long.parseLong(name.group(1))) && belongsTo(user, other)) {
          // Another start may be removing it at this moment.
          FileUtils.deleteQuietly(other.toFile());
        }
      }
    }
  }

  private static boolean isAlive(long pid) {
    return ProcessHandle.of(pid).isPresent();
  }

  private static boolean belongsTo(UserPrincipal user, Path directory) {
    try {
      return Files.isDirectory(directory) && Files.getOwner(directory).equals(user);
    } catch (IOException e) {
      return false; // gone
    }
  }
}
