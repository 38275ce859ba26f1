package io.digflink.export.checkpoint;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * The bytes of a file of any size, mapped in segments. Segments overlap a little, so that an
 * element that begins in a segment also ends in it.
 */
final class FileBytes {
  private static final long SEGMENT = 1L << 30;
  private static final long OVERLAP = 8; // the widest element

  private final String label;
  private final long size;
  private final ByteBuffer[] segments;

  private FileBytes(String label, long size, ByteBuffer[] segments) {
    this.label = label;
    this.size = size;
    this.segments = segments;
  }

  /** Maps a file. */
  static FileBytes map(Path path) throws CheckpointException {
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      long size = channel.size();
      ByteBuffer[] segments = new ByteBuffer[Math.toIntExact((size + SEGMENT - 1) / SEGMENT)];
      for (int i = 0; i < segments.length; i++) {
        long start = i * SEGMENT;
        long length = Math.min(SEGMENT + OVERLAP, size - start);
        segments[i] = channel.map(FileChannel.MapMode.READ_ONLY, start, length);
      }
      return new FileBytes(path.toString(), size, segments);
    } catch (IOException e) {
      throw new CheckpointException("cannot read " + path + ": " + e, e);
    }
  }

  /** Bytes in memory, under a name for messages. */
  static FileBytes of(String label, byte[] content) {
    return new FileBytes(label, content.length, new ByteBuffer[] {ByteBuffer.wrap(content)});
  }

  /** The name of the file, for messages. */
  String label() {
    return label;
  }

  long size() {
    return size;
  }

  /**
   * The bytes from {@code position} to the end of its segment: at least one element of any type,
   * unless the file ends before.
   */
  ByteBuffer from(long position, ByteOrder order) {
    ByteBuffer segment = segments[Math.toIntExact(position / SEGMENT)];
    int start = (int) (position % SEGMENT);
    return segment.slice(start, segment.capacity() - start).order(order);
  }

  /** A copy of {@code length} bytes that the caller knows to be in the file, little-endian. */
  ByteBuffer copy(long position, int length) {
    ByteBuffer copy = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
    while (copy.hasRemaining()) {
      ByteBuffer source = from(position + copy.position(), ByteOrder.LITTLE_ENDIAN);
      source.limit(Math.min(source.limit(), copy.remaining()));
      copy.put(source);
    }
    return copy.flip();
  }

  /** SHA-256 of the concatenated files, in lower-case hex. */
  static String sha256(Iterable<FileBytes> files) {
    MessageDigest digest;
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
    for (FileBytes file : files) {
      for (int i = 0; i < file.segments.length; i++) {
        long length = Math.min(SEGMENT, file.size - i * SEGMENT);
        digest.update(file.segments[i].duplicate().limit((int) length));
      }
    }
    return HexFormat.of().formatHex(digest.digest());
  }
}
