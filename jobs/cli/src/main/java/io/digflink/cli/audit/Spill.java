package io.digflink.cli.audit;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import org.apache.flink.util.IOUtils;

/**
 * Entries on disk, spread over files by key: all of one key are in one file. Ten million take some
 * 800 MB of disk, and one file's at a time of memory.
 */
final class Spill implements AutoCloseable {
  private static final int FILES = 256;

  private final List<Path> files = new ArrayList<>();
  private final List<DataOutputStream> streams = new ArrayList<>();

  /**
   * Begins files.
   *
   * @param directory an empty one
   */
  Spill(Path directory) throws IOException {
    for (int i = 0; i < FILES; i++) {
      Path file = directory.resolve("entries-" + i);
      files.add(file);
      streams.add(
          new DataOutputStream(new BufferedOutputStream(Files.newOutputStream(file), 1 << 15)));
    }
  }

  void add(Entry entry) {
    try {
      entry.write(streams.get(Math.floorMod(entry.key().hashCode(), FILES)));
    } catch (IOException e) {
      throw new UncheckedIOException("Expected room for the audit's files: " + e.getMessage(), e);
    }
  }

  /** Hands over the entries key by key, each key's in the order in which they came. */
  void forEachKey(BiConsumer<String, List<Entry>> consumer) throws IOException {
    for (DataOutputStream stream : streams) {
      stream.close();
    }
    for (Path file : files) {
      Map<String, List<Entry>> byKey = new HashMap<>();
      try (DataInputStream in =
          new DataInputStream(new BufferedInputStream(Files.newInputStream(file), 1 << 16))) {
        while (true) {
          Entry entry = Entry.read(in);
          byKey.computeIfAbsent(entry.key(), key -> new ArrayList<>()).add(entry);
        }
      } catch (EOFException end) {
        byKey.forEach(consumer);
      }
      Files.delete(file);
    }
  }

  @Override
  public void close() {
    streams.forEach(IOUtils::closeQuietly);
  }
}
