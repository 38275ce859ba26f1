package io.digflink.lab.faults.dataset;

import io.digflink.lab.cluster.Program;
import io.digflink.lab.faults.Filler;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** A small ext4 in a file, which can be full and break. */
final class LoopDisk implements AutoCloseable {
  private static final long BYTES = 64L << 20;

  private final Path image;
  private final Path mount;

  private LoopDisk(Path image, Path mount) {
    this.image = image;
    this.mount = mount;
  }

  /**
   * Makes and mounts one.
   *
   * @throws IOException if this machine lacks mkfs.ext4, or does not allow it
   */
  static LoopDisk mount(Path directory) throws IOException, InterruptedException {
    Path image = directory.resolve("disk.ext4");
    try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
      file.setLength(BYTES);
    }
    LoopDisk disk = new LoopDisk(image, Files.createDirectories(directory.resolve("disk")));
    Program.run("mkfs.ext4", "-q", "-F", image.toString());
    disk.mount();
    Runtime.getRuntime().addShutdownHook(new Thread(disk::close));
    return disk;
  }

  /** Why there can be none on this machine; empty if there can be. */
  static Optional<String> missing(Path directory) throws InterruptedException {
    try (LoopDisk disk = mount(Files.createDirectories(directory.resolve("probe")))) {
      disk.turnReadOnly();
      return Optional.empty();
    } catch (IOException e) {
      return Optional.of(
          "it needs a disk of its own, an ext4 in a file ("
              + e.getMessage()
              + "). Run as root, with e2fsprogs and loop devices");
    }
  }

  private void mount() throws IOException, InterruptedException {
    Program.run("mount", "-o", "loop", image.toString(), mount.toString());
  }

  Path path() {
    return mount;
  }

  Filler filler() {
    return new Filler(mount);
  }

  /** Does what the kernel does at an error of the disk: nothing more can be written. */
  void turnReadOnly() throws IOException, InterruptedException {
    Program.run("mount", "-o", "remount,abort", mount.toString());
  }

  /** Mounts it anew, with what had reached it. */
  void repair() throws IOException, InterruptedException {
    Program.run("umount", mount.toString());
    mount();
  }

  @Override
  public void close() {
    try {
      Program.succeeds("umount", "-l", mount.toString());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
