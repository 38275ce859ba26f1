package io.digflink.cli;

import io.digflink.jobs.files.FileProblem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** Checks where a command is to write, before it starts what takes long. */
public final class OutputPath {
  private OutputPath() {}

  /**
   * Makes a directory, unless it is there.
   *
   * @param option the option that names it, for the message
   * @throws IOException if nothing can be written there
   */
  public static void directory(String option, Path directory) throws IOException {
    try {
      Files.createDirectories(directory);
      Files.delete(Files.createTempFile(directory, ".dig", null));
    } catch (IOException e) {
      throw new IOException(
          "Expected a directory that can be written as "
              + option
              + ", found "
              + directory
              + ": "
              + (Files.isRegularFile(directory) ? "it is a file" : FileProblem.of(e))
              + ". Give another directory",
          e);
    }
  }

  /**
   * Refuses a directory that has something in it.
   *
   * @throws IOException if it has
   */
  static void refuseFilled(String option, Path directory) throws IOException {
    if (!Files.isDirectory(directory)) {
      return;
    }
    try (Stream<Path> files = Files.list(directory)) {
      if (files.findAny().isPresent()) {
        throw new IOException(
            "Expected a new or empty directory as "
                + option
                + ", found files in "
                + directory
                + ": give another directory, or --force to write there all the same");
      }
    }
  }

  /**
   * Checks that a file can be written; one that is there is replaced.
   *
   * @param option the option that names it, for the message
   * @throws IOException if it cannot
   */
  public static void file(String option, Path file) throws IOException {
    Path directory = file.toAbsolutePath().getParent();
    String problem = null;
    if (Files.isDirectory(file)) {
      problem = "it is a directory";
    } else if (!Files.isDirectory(directory)) {
      problem = "there is no directory " + directory;
    } else if (!Files.isWritable(Files.exists(file) ? file : directory)) {
      problem = "this user has no permission";
    }
    if (problem != null) {
      throw new IOException(
          "Expected a file that can be written as "
              + option
              + ", found "
              + file
              + ": "
              + problem
              + ". Give another file");
    }
  }
}
