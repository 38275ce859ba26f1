package io.digflink.export.checkpoint;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** Writes archives like those of {@code torch.save}, and malformed ones. */
final class TorchFile {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ZipOutputStream zip = new ZipOutputStream(out);

  /** An archive with this pickle. */
  static TorchFile of(byte[] pickle) {
    return new TorchFile().entry("checkpoint/data.pkl", pickle);
  }

  TorchFile entry(String name, byte... content) {
    return entry(name, ZipEntry.STORED, content);
  }

  TorchFile text(String name, String content) {
    return entry(name, content.getBytes(StandardCharsets.UTF_8));
  }

  TorchFile entry(String name, int method, byte... content) {
    CRC32 crc = new CRC32();
    crc.update(content);
    ZipEntry entry = new ZipEntry(name);
    entry.setMethod(method);
    entry.setSize(content.length);
    entry.setCrc(crc.getValue());
    try {
      zip.putNextEntry(entry);
      zip.write(content);
      zip.closeEntry();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return this;
  }

  /** A storage record of little-endian floats. */
  TorchFile floats(String key, float... values) {
    return entry("checkpoint/data/" + key, floats(ByteOrder.LITTLE_ENDIAN, values));
  }

  static byte[] floats(ByteOrder order, float... values) {
    ByteBuffer bytes = ByteBuffer.allocate(Float.BYTES * values.length).order(order);
    bytes.asFloatBuffer().put(values);
    return bytes.array();
  }

  byte[] bytes() {
    try {
      zip.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }

  /** The archive with every size and offset in zip64 fields, as beyond 4 GiB. */
  byte[] zip64Bytes() {
    ByteBuffer plain = ByteBuffer.wrap(bytes()).order(ByteOrder.LITTLE_ENDIAN);
    int end = plain.capacity() - 22;
    int count = plain.getShort(end + 10);
    int start = plain.getInt(end + 16);
    ByteBuffer wide =
        ByteBuffer.allocate(plain.capacity() + 28 * count + 76).order(ByteOrder.LITTLE_ENDIAN);
    wide.put(plain.slice(0, start));
    for (int i = 0, from = start; i < count; i++) {
      int nameLength = plain.getShort(from + 28);
      int to = wide.position();
      wide.put(plain.slice(from, 46 + nameLength));
      wide.putInt(to + 20, -1)
          .putInt(to + 24, -1)
          .putInt(to + 42, -1)
          .putShort(to + 30, (short) 28);
      wide.putShort((short) 1).putShort((short) 24).putLong(plain.getInt(from + 24));
      wide.putLong(plain.getInt(from + 20)).putLong(plain.getInt(from + 42));
      from += 46 + nameLength + plain.getShort(from + 30);
    }
    long record = wide.position();
    wide.putInt(0x06064b50).putLong(44).putInt(0).putLong(0).putLong(count).putLong(count);
    wide.putLong(record - start).putLong(start);
    wide.putInt(0x07064b50).putInt(0).putLong(record).putInt(1);
    wide.putInt(0x06054b50).putInt(0).putInt(-1).putInt(-1).putInt(-1).putShort((short) 0);
    return Arrays.copyOf(wide.array(), wide.position());
  }

  Checkpoint read() throws CheckpointException {
    return read(bytes());
  }

  static Checkpoint read(byte... content) throws CheckpointException {
    return Checkpoints.read(FileBytes.of("model.pt", content), Path.of("model.pt"));
  }
}
