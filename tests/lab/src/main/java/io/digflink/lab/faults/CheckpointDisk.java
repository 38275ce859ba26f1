package io.digflink.lab.faults;

import io.digflink.lab.cluster.Program;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Where checkpoints go: a folder, or a small file system of its own that can be filled up. */
public final class CheckpointDisk implements AutoCloseable {
  private static final String SIZE = "48m";

  private final Path path;
  private final boolean mounted;

  private CheckpointDisk(Path path, boolean mounted) {
    this.path = path;
    this.mounted = mounted;
  }

  /** A folder. */
  public static CheckpointDisk folder(Path path) throws IOException {
    return new CheckpointDisk(Files.createDirectories(path), false);
  }

  /** A small file system in memory; a folder if this user may not mount one. */
  public static CheckpointDisk small(Path path) throws IOException, InterruptedException {
    Files.createDirectories(path);
    return new CheckpointDisk(
        path,
        Program.succeeds(
            "mount", "-t", "tmpfs", "-o", "size=" + SIZE, "dig-faults", path.toString()));
  }

  /** Whether it can be filled up without harm to others. */
  public boolean isSmall() {
    return mounted;
  }

  public Path path() {
    return path;
  }

  /** Fills it up to the last byte, or fills it up again. */
  public void fill() throws IOException {
    if (!mounted) {
      throw new IllegalStateException("Expected a file system of its own at " + path);
    }
    new Filler(path).fill();
  }

  /** Makes room again. */
  public void free() throws IOException {
    new Filler(path).free();
  }

  @Override
  public void close() {
    if (mounted) {
      try {
        Program.succeeds("umount", path.toString());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
