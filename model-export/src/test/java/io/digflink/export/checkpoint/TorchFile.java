package io.digflink.export.checkpoint;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** Writes archives as {@code torch.save} does, and such as it does not. */
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

  Checkpoint read() throws CheckpointException {
    return read(bytes());
  }

  static Checkpoint read(byte... content) throws CheckpointException {
    return Checkpoints.read(FileBytes.of("model.pt", content), Path.of("model.pt"));
  }
}
