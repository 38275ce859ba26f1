package io.digflink.runtime.image;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import java.util.zip.CRC32;

/**
 * A text inside an image file: in a PNG the {@code iTXt} chunk of the keyword {@value #KEYWORD}, in
 * a JPEG a comment that begins with that word and a space. Both are UTF-8. A comment of more than
 * 65,533 bytes goes on in the comments that follow.
 */
public final class ImageMetadata {
  /** Names our text among others. */
  public static final String KEYWORD = "dig-flink";

  private static final byte[] PNG_SIGNATURE = {(byte) 0x89, 'P', 'N', 'G', 13, 10, 26, 10};
  private static final int PNG_CHUNK_FRAME = 3 * Integer.BYTES; // length, type, checksum
  private static final int PNG_HEADER_END = PNG_SIGNATURE.length + PNG_CHUNK_FRAME + 13;
  private static final int ITXT = 0x69545874;
  // After the keyword: its end, not compressed, no method, no language, no translated keyword.
  private static final byte[] ITXT_HEAD = (KEYWORD + "\0\0\0\0\0").getBytes(StandardCharsets.UTF_8);

  private static final int JPEG_START = 0xFFD8;
  private static final int JPEG_JFIF = 0xFFE0;
  private static final int JPEG_COMMENT = 0xFFFE;
  private static final int JPEG_SCAN = 0xFFDA;
  private static final int LONGEST_COMMENT = 0xFFFF - Short.BYTES;
  private static final byte[] COMMENT_HEAD = (KEYWORD + " ").getBytes(StandardCharsets.UTF_8);

  private ImageMetadata() {}

  /** The format of an image file by its first bytes, if it is one that we write. */
  public static Optional<ImageFormat> formatOf(byte[] file) {
    if (startsWith(file, 0, PNG_SIGNATURE) && file.length >= PNG_HEADER_END) {
      return Optional.of(ImageFormat.PNG);
    }
    return file.length >= 4 && unsignedShort(file, 0) == JPEG_START
        ? Optional.of(ImageFormat.JPEG)
        : Optional.empty();
  }

  /** The file of an image with a text in it; the image has none of ours yet. */
  public static byte[] write(byte[] file, ImageFormat format, String text) {
    byte[] value = text.getBytes(StandardCharsets.UTF_8);
    return format == ImageFormat.PNG
        ? insert(file, PNG_HEADER_END, chunk(join(ITXT_HEAD, value)))
        : insert(file, afterJfif(file), comments(join(COMMENT_HEAD, value)));
  }

  /** Our text in an image file. */
  public static Optional<String> read(byte[] file) {
    return formatOf(file)
        .flatMap(format -> format == ImageFormat.PNG ? readPng(file) : readJpeg(file));
  }

  private static byte[] chunk(byte[] data) {
    ByteBuffer chunk = ByteBuffer.allocate(PNG_CHUNK_FRAME + data.length);
    chunk.putInt(data.length).putInt(ITXT).put(data);
    CRC32 crc = new CRC32();
    crc.update(chunk.array(), Integer.BYTES, Integer.BYTES + data.length);
    return chunk.putInt((int) crc.getValue()).array();
  }

  private static Optional<String> readPng(byte[] file) {
    ByteBuffer chunks = ByteBuffer.wrap(file);
    int at = PNG_SIGNATURE.length;
    while (file.length - at >= PNG_CHUNK_FRAME) {
      int length = chunks.getInt(at);
      int data = at + 2 * Integer.BYTES;
      if (length < 0 || length > file.length - at - PNG_CHUNK_FRAME) {
        break;
      }
      if (chunks.getInt(at + Integer.BYTES) == ITXT
          && length >= ITXT_HEAD.length
          && startsWith(file, data, ITXT_HEAD)) {
        int head = ITXT_HEAD.length;
        return Optional.of(new String(file, data + head, length - head, StandardCharsets.UTF_8));
      }
      at += PNG_CHUNK_FRAME + length;
    }
    return Optional.empty();
  }

  /** The JFIF segment must come first. */
  private static int afterJfif(byte[] file) {
    return unsignedShort(file, 2) == JPEG_JFIF ? 4 + unsignedShort(file, 4) : 2;
  }

  private static byte[] comments(byte[] data) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (int at = 0; at < data.length; at += LONGEST_COMMENT) {
      int length = Math.min(LONGEST_COMMENT, data.length - at);
      byte[] head =
          ByteBuffer.allocate(2 * Short.BYTES)
              .putShort((short) JPEG_COMMENT)
              .putShort((short) (Short.BYTES + length))
              .array();
      out.writeBytes(head);
      out.write(data, at, length);
    }
    return out.toByteArray();
  }

  private static Optional<String> readJpeg(byte[] file) {
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    int at = Short.BYTES;
    while (file.length - at >= 2 * Short.BYTES) {
      int marker = unsignedShort(file, at);
      int data = at + 2 * Short.BYTES;
      int length = unsignedShort(file, at + Short.BYTES) - Short.BYTES;
      boolean comment = marker == JPEG_COMMENT;
      if (marker == JPEG_SCAN || length < 0 || length > file.length - data) {
        break;
      }
      if (text.size() > 0 && !comment) {
        break;
      }
      if (comment && (text.size() > 0 || startsWith(file, data, COMMENT_HEAD))) {
        text.write(file, data, length);
      }
      at = data + length;
    }
    return text.size() == 0
        ? Optional.empty()
        : Optional.of(text.toString(StandardCharsets.UTF_8).substring(COMMENT_HEAD.length));
  }

  private static byte[] insert(byte[] file, int at, byte[] part) {
    return join(join(Arrays.copyOf(file, at), part), Arrays.copyOfRange(file, at, file.length));
  }

  private static byte[] join(byte[] a, byte[] b) {
    byte[] joined = Arrays.copyOf(a, a.length + b.length);
    System.arraycopy(b, 0, joined, a.length, b.length);
    return joined;
  }

  private static boolean startsWith(byte[] file, int at, byte[] prefix) {
    return file.length - at >= prefix.length
        && Arrays.equals(file, at, at + prefix.length, prefix, 0, prefix.length);
  }

  private static int unsignedShort(byte[] file, int at) {
    return file.length - at < Short.BYTES ? 0 : (file[at] & 0xFF) << 8 | file[at + 1] & 0xFF;
  }
}
