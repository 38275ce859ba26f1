package io.digflink.lab.faults;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * A file that takes all that is left of a small file system.
 *
 * @param fileSystem its mount point
 */
public record Filler(Path fileSystem) {
  private static final int BLOCK = 4096;

  /** Fills the file system up to the last block, or fills it up again. */
  public void fill() throws IOException {
    byte[] block = new byte[BLOCK];
    try (OutputStream out =
        Files.newOutputStream(file(), StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
      while (true) {
        out.write(block);
      }
    } catch (IOException full) {
      if (fileSystem.toFile().getUsableSpace() >= block.length) {
        throw full;
      }
    }
  }

  /** Makes room again. */
  public void free() throws IOException {
    Files.deleteIfExists(file());
  }

  private Path file() {
    return fileSystem.resolve("filler");
  }
}
