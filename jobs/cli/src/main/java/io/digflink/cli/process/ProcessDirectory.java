package io.digflink.cli.process;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.commons.io.FileUtils;

/**
 * The one directory of this process for temporary files, Flink's and ONNX Runtime's included:
 * {@code dig-PID-…} in the system's temporary directory. It goes with the process; what a killed
 * process left is removed by the next one.
 */
public final class ProcessDirectory {
  private static final String PROPERTY = "java.io.tmpdir";
  private static final Pattern NAME = Pattern.compile("dig-(\\d{1,9})-.*");

  private ProcessDirectory() {}

  /**
   * Makes it the JVM's temporary directory, unless the launcher has done so: newer JDKs read that
   * property only once, at their start. To be called before anything asks for a temporary file.
   */
  public static Path claim() {
    Path directory = Path.of(System.getProperty(PROPERTY)).toAbsolutePath();
    String own = "dig-" + ProcessHandle.current().pid() + "-";
    try {
      if (!directory.getFileName().toString().startsWith(own)) {
        // Files.createTempDirectory would remember the property as it is now.
        directory =
            Files.createDirectory(
                directory.resolve(own + UUID.randomUUID()),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        System.setProperty(PROPERTY, directory.toString());
      }
      removeLeftovers(directory);
    } catch (IOException e) {
      throw new UncheckedIOException(
          "Expected a directory for temporary files that can be written, found "
              + Causes.sentence(e)
              + ": set TMPDIR to another",
          e);
    }
    return directory;
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
