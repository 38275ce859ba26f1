package io.digflink.lab.faults;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

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
        path, run("mount", "-t", "tmpfs", "-o", "size=" + SIZE, "dig-faults", path.toString()));
  }

  private static boolean run(String... command) throws InterruptedException {
    try {
      return new ProcessBuilder(command).redirectErrorStream(true).start().waitFor() == 0;
    } catch (IOException noSuchProgram) {
      return false;
    }
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
    byte[] block = new byte[4096];
    try (OutputStream out =
        Files.newOutputStream(filler(), StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
      while (true) {
        out.write(block);
      }
    } catch (IOException full) {
      if (path.toFile().getUsableSpace() >= block.length) {
        throw full;
      }
    }
  }

  /** Makes room again. */
  public void free() throws IOException {
    Files.deleteIfExists(filler());
  }

  private Path filler() {
    return path.resolve("filler");
  }

  @Override
  public void close() {
    if (mounted) {
      try {
        run("umount", path.toString());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
