package io.digflink.lab.faults;

import io.digflink.lab.cluster.Program;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A small file system of its own, which can be filled up, or a folder in its place. */
public final class SmallDisk implements AutoCloseable {
  private final Path path;
  private final boolean mounted;

  private SmallDisk(Path path, boolean mounted) {
    this.path = path;
    this.mounted = mounted;
  }

  /** A folder. */
  public static SmallDisk folder(Path path) throws IOException {
    return new SmallDisk(Files.createDirectories(path), false);
  }

  /**
   * A small file system in memory; a folder if this user may not mount one.
   *
   * @param size as {@code mount} takes it, such as 48m
   */
  public static SmallDisk mount(Path path, String size) throws IOException, InterruptedException {
    Files.createDirectories(path);
    SmallDisk disk =
        new SmallDisk(
            path,
            Program.succeeds(
                "mount", "-t", "tmpfs", "-o", "size=" + size, "dig-faults", path.toString()));
    Runtime.getRuntime().addShutdownHook(new Thread(disk::close));
    return disk;
  }

  /** Whether it is a file system, and can be filled up without harm to others. */
  public boolean isMounted() {
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
        Program.succeeds("umount", "-l", path.toString());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
