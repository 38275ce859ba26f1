package io.digflink.synthesis.store;

import io.digflink.schemas.GeneratedImage;
import io.digflink.schemas.codec.RecordCodec;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.BitSet;
import java.util.zip.CRC32;

/**
 * The images of an unfinished shard, in the order they came. Each is one frame:
 *
 * <pre>
 * int   length of the body
 * int   CRC-32 of the body
 * body: long index | int length | GeneratedImage | float… latent
 * </pre>
 *
 * all big-endian. A frame is written in one piece. What a killed process or a full disk leaves of a
 * frame is recognised by its length or checksum and cut off when the spool is opened again.
 */
public final class Spool implements Closeable {
  private static final int HEADER = 2 * Integer.BYTES;
  private static final int FIXED_BODY = Long.BYTES + Integer.BYTES;
  private static final long ABSENT = -1;

  private final RecordCodec<GeneratedImage> codec = RecordCodec.of(GeneratedImage.class);
  private final Path file;
  private final long firstIndex;
  private final long[] frames;
  private final FileChannel channel;
  private int size;
  private long end;

  private Spool(Path file, long firstIndex, int capacity, FileChannel channel) {
    this.file = file;
    this.firstIndex = firstIndex;
    this.frames = new long[capacity];
    this.channel = channel;
    Arrays.fill(frames, ABSENT);
  }

  /**
   * Opens the spool of a shard, made where there is none.
   *
   * @param firstIndex index of the shard's first image
   * @param capacity images of the shard
   */
  public static Spool open(Path file, long firstIndex, int capacity) throws IOException {
    FileChannel channel =
        FileChannel.open(
            file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
    try {
      Spool spool = new Spool(file, firstIndex, capacity, channel);
      spool.scan();
      channel.truncate(spool.end);
      return spool;
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  /**
   * Which images a spool has, without changing it; none where there is no spool.
   *
   * @return bits counted from firstIndex
   */
  public static BitSet peek(Path file, long firstIndex, int capacity) throws IOException {
    BitSet present = new BitSet(capacity);
    if (Files.exists(file)) {
      try (Spool spool =
          new Spool(file, firstIndex, capacity, FileChannel.open(file, StandardOpenOption.READ))) {
        spool.scan();
        for (int i = 0; i < capacity; i++) {
          present.set(i, spool.frames[i] != ABSENT);
        }
      }
    }
    return present;
  }

  /** Number of images. */
  public int size() {
    return size;
  }

  /** Whether an image is there. */
  public boolean contains(long index) {
    return frames[slot(index)] != ABSENT;
  }

  /** Adds an image; one that is there already stays as it is. */
  public void append(Sample sample) throws IOException {
    int slot = slot(sample.index());
    if (frames[slot] != ABSENT) {
      return;
    }
    byte[] image = codec.encode(sample.image());
    int length = FIXED_BODY + image.length + sample.latent().length * Float.BYTES;
    ByteBuffer frame = ByteBuffer.allocate(HEADER + length);
    frame.position(HEADER);
    frame.putLong(sample.index()).putInt(image.length).put(image);
    frame.asFloatBuffer().put(sample.latent());
    frame.putInt(0, length).putInt(Integer.BYTES, checksum(frame.array(), length));
    frame.clear();
    try {
      for (long at = end; frame.hasRemaining(); ) {
        at += channel.write(frame, at);
      }
    } catch (IOException e) {
      throw new IOException(
          "Writing to "
              + file
              + " failed ("
              + e.getMessage()
              + "): make room or mend the disk, then start the same command again",
          e);
    }
    frames[slot] = end;
    end += HEADER + length;
    size++;
  }

  /** Reads an image. */
  public Sample read(long index) throws IOException {
    long at = frames[slot(index)];
    if (at == ABSENT) {
      throw new IOException("Expected image " + index + " in " + file + ", found none");
    }
    ByteBuffer body = readBody(at);
    if (body == null) {
      throw new IOException(
          "Image " + index + " in " + file + " is damaged: delete that file and start again");
    }
    return decode(body);
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }

  /** Finds the whole frames from the beginning on. */
  private void scan() throws IOException {
    for (ByteBuffer body = readBody(end); body != null; body = readBody(end)) {
      long offset = body.getLong(0) - firstIndex;
      if (offset < 0 || offset >= frames.length) {
        return;
      }
      if (frames[(int) offset] == ABSENT) {
        frames[(int) offset] = end;
        size++;
      }
      end += HEADER + body.capacity();
    }
  }

  /** The body of the frame at a place, or null where there is no whole frame. */
  private ByteBuffer readBody(long at) throws IOException {
    ByteBuffer header = ByteBuffer.allocate(HEADER);
    long left = channel.size() - at - HEADER;
    if (left < FIXED_BODY || !fill(header, at)) {
      return null;
    }
    int length = header.getInt(0);
    if (length < FIXED_BODY || length > left) {
      return null;
    }
    ByteBuffer body = ByteBuffer.allocate(length).order(ByteOrder.BIG_ENDIAN);
    if (!fill(body, at + HEADER)) {
      return null;
    }
    CRC32 crc = new CRC32();
    crc.update(body.array());
    return (int) crc.getValue() == header.getInt(Integer.BYTES) ? body : null;
  }

  private boolean fill(ByteBuffer buffer, long at) throws IOException {
    while (buffer.hasRemaining()) {
      if (channel.read(buffer, at + buffer.position()) < 0) {
        return false;
      }
    }
    buffer.flip();
    return true;
  }

  private Sample decode(ByteBuffer body) throws IOException {
    long index = body.getLong();
    byte[] image = new byte[body.getInt()];
    body.get(image);
    float[] latent = new float[body.remaining() / Float.BYTES];
    body.asFloatBuffer().get(latent);
    return new Sample(index, codec.decode(image), latent);
  }

  private int slot(long index) {
    return Math.toIntExact(index - firstIndex);
  }

  private static int checksum(byte[] frame, int length) {
    CRC32 crc = new CRC32();
    crc.update(frame, HEADER, length);
    return (int) crc.getValue();
  }
}
