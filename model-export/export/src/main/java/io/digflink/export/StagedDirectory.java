package io.digflink.export;

import io.digflink.bundle.BundleDirectory;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/**
 * A directory that is written beside its final place and moved there once complete. A failed export
 * leaves nothing behind and keeps what was there before.
 */
final class StagedDirectory implements AutoCloseable {
  private final Path target;
  private final Path staging;

  /**
   * @param replace whether an existing bundle may be replaced
   * @throws IOException if there is something that must not be replaced
   */
  StagedDirectory(Path target, boolean replace) throws IOException {
    this.target = target.toAbsolutePath().normalize();
    if (Files.exists(this.target)) {
      checkReplaceable(replace);
    }
    Path parent = this.target.getParent();
    Files.createDirectories(parent);
    this.staging = Files.createTempDirectory(parent, "." + this.target.getFileName() + ".partial");
  }

  private void checkReplaceable(boolean replace) throws IOException {
    if (!Files.isDirectory(target)) {
      throw new IOException(
          target + " is a file; give --out a directory that it may create");
    }
    boolean bundle = Files.exists(target.resolve(BundleDirectory.MANIFEST));
    if (isEmpty(target) || (bundle && replace)) {
      return;
    }
    throw new IOException(
        bundle
            ? target + " has a bundle already; give --force to replace it"
            : target + " is a directory with other files; give another --out");
  }

  /** Where to write. */
  Path path() {
    return staging;
  }

  /** Moves the complete directory to its place. */
  void publish() throws IOException {
    // Only its owner can read a temporary directory, but others must read a bundle.
    Path readable = Files.createDirectory(sibling("ready"));
    try (DirectoryStream<Path> files = Files.newDirectoryStream(staging)) {
      for (Path file : files) {
        Files.move(file, readable.resolve(file.getFileName()));
      }
    }
    if (!Files.exists(target)) {
      Files.move(readable, target, StandardCopyOption.ATOMIC_MOVE);
      return;
    }
    Path old = sibling("old");
    Files.move(target, old, StandardCopyOption.ATOMIC_MOVE);
    Files.move(readable, target, StandardCopyOption.ATOMIC_MOVE);
    delete(old);
  }

  private Path sibling(String suffix) {
    return staging.resolveSibling(staging.getFileName() + "." + suffix);
  }

  /** Removes the directory if it was not published. */
  @Override
  public void close() throws IOException {
    delete(staging);
    delete(sibling("ready"));
  }

  private static boolean isEmpty(Path directory) throws IOException {
    try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
      return !files.iterator().hasNext();
    }
  }

  /** Bundles have no subdirectories. */
  private static void delete(Path directory) throws IOException {
    if (!Files.exists(directory)) {
      return;
    }
    try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
      for (Path file : files) {
        Files.delete(file);
      }
    }
    Files.delete(directory);
  }
}
