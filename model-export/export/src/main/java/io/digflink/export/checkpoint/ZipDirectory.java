package io.digflink.export.checkpoint;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The entries of a zip archive as {@code torch.save} writes it: stored without compression, so that
 * an entry is a range of the file. Reads only the directory (APPNOTE 6.3, with zip64), and checks
 * every size in it against the file before using it.
 */
final class ZipDirectory {
  /** A range of the file, in bytes. */
  record Entry(long offset, long size) {}

  private static final int END_SIGNATURE = 0x06054b50;
  private static final int END_BYTES = 22;
  private static final int ZIP64_LOCATOR_SIGNATURE = 0x07064b50;
  private static final int ZIP64_LOCATOR_BYTES = 20;
  private static final int ZIP64_END_SIGNATURE = 0x06064b50;
  private static final int ZIP64_END_BYTES = 56;
  private static final int CENTRAL_SIGNATURE = 0x02014b50;
  private static final int CENTRAL_BYTES = 46;
  private static final int LOCAL_SIGNATURE = 0x04034b50;
  private static final int LOCAL_BYTES = 30;
  private static final int ZIP64_EXTRA = 0x0001;
  private static final long IN_ZIP64 = 0xFFFFFFFFL;
  private static final int MAX_COMMENT = 0xFFFF;
  private static final int MAX_NAME = 1024;
  private static final long MAX_ENTRIES = 1_000_000;

  private final FileBytes file;
  private final Map<String, Entry> entries = new LinkedHashMap<>();
  private long directoryStart;
  private long directoryEnd;
  private long count;

  private ZipDirectory(FileBytes file) {
    this.file = file;
  }

  /** Entries by name, in the order of the directory. */
  static Map<String, Entry> read(FileBytes file) throws CheckpointException {
    ZipDirectory directory = new ZipDirectory(file);
    directory.readEnd();
    directory.readEntries();
    return directory.entries;
  }

  private void readEnd() throws CheckpointException {
    long end = findEnd();
    ByteBuffer record = file.copy(end, END_BYTES);
    count = record.getShort(10) & 0xFFFF;
    long length = record.getInt(12) & IN_ZIP64;
    directoryStart = record.getInt(16) & IN_ZIP64;
    directoryEnd = directoryStart + length;
    long limit = end;
    long locator = end - ZIP64_LOCATOR_BYTES;
    if (locator >= 0
        && file.copy(locator, ZIP64_LOCATOR_BYTES).getInt(0) == ZIP64_LOCATOR_SIGNATURE) {
      limit = readZip64End(locator);
    }
    if (directoryStart < 0 || directoryEnd < directoryStart || directoryEnd > limit) {
      throw fail(
          "its directory claims bytes %d to %d, but must end before byte %d",
          directoryStart, directoryEnd, limit);
    }
    if (count < 0
        || count > MAX_ENTRIES
        || count > (directoryEnd - directoryStart) / CENTRAL_BYTES) {
      throw fail(
          "its directory claims %d entries in %d bytes (at most %d are read)",
          count, directoryEnd - directoryStart, MAX_ENTRIES);
    }
  }

  /** A comment of variable length follows the end record, so the search runs backwards. */
  private long findEnd() throws CheckpointException {
    long lowest = Math.max(0, file.size() - END_BYTES - MAX_COMMENT);
    if (file.size() >= END_BYTES) {
      ByteBuffer tail = file.copy(lowest, (int) (file.size() - lowest));
      for (int at = tail.capacity() - END_BYTES; at >= 0; at--) {
        if (tail.getInt(at) == END_SIGNATURE
            && at + END_BYTES + (tail.getShort(at + 20) & 0xFFFF) == tail.capacity()) {
          return lowest + at;
        }
      }
    }
    throw fail(
        "it has no end-of-directory record: the file (%d bytes) is truncated; copy it again",
        file.size());
  }

  private long readZip64End(long locator) throws CheckpointException {
    long position = file.copy(locator, ZIP64_LOCATOR_BYTES).getLong(8);
    if (position < 0 || position > locator - ZIP64_END_BYTES) {
      throw fail("its zip64 record claims byte %d, after its locator", position);
    }
    ByteBuffer record = file.copy(position, ZIP64_END_BYTES);
    if (record.getInt(0) != ZIP64_END_SIGNATURE) {
      throw fail("there is no zip64 record at byte %d, where its locator points", position);
    }
    count = record.getLong(32);
    directoryStart = record.getLong(48);
    directoryEnd = directoryStart + record.getLong(40);
    return position;
  }

  private void readEntries() throws CheckpointException {
    long position = directoryStart;
    for (long i = 0; i < count; i++) {
      if (directoryEnd - position < CENTRAL_BYTES) {
        throw fail("its directory ends within entry %d of %d", i, count);
      }
      ByteBuffer header = file.copy(position, CENTRAL_BYTES);
      if (header.getInt(0) != CENTRAL_SIGNATURE) {
        throw fail("entry %d of its directory does not begin with the signature", i);
      }
      int nameLength = header.getShort(28) & 0xFFFF;
      int extraLength = header.getShort(30) & 0xFFFF;
      int commentLength = header.getShort(32) & 0xFFFF;
      long next = position + CENTRAL_BYTES + nameLength + extraLength + commentLength;
      if (next > directoryEnd) {
        throw fail("entry %d of its directory reaches past the directory's end", i);
      }
      String name = name(position + CENTRAL_BYTES, nameLength);
      ByteBuffer extra = file.copy(position + CENTRAL_BYTES + nameLength, extraLength);
      if (entries.put(name, entry(name, header, extra)) != null) {
        throw fail("two entries are named '%s'", name);
      }
      position = next;
    }
  }

  private Entry entry(String name, ByteBuffer header, ByteBuffer extra) throws CheckpointException {
    int flags = header.getShort(8);
    if ((flags & 1) != 0) {
      throw fail("entry '%s' is encrypted", name);
    }
    int method = header.getShort(10) & 0xFFFF;
    long compressed = header.getInt(20) & IN_ZIP64;
    long size = header.getInt(24) & IN_ZIP64;
    long local = header.getInt(42) & IN_ZIP64;
    ByteBuffer wide = zip64Fields(name, extra);
    size = size == IN_ZIP64 ? nextWide(name, wide) : size;
    compressed = compressed == IN_ZIP64 ? nextWide(name, wide) : compressed;
    local = local == IN_ZIP64 ? nextWide(name, wide) : local;
    if (method != 0 || compressed != size) {
      throw fail(
          "entry '%s' is compressed (method %d), which torch.save never does;"
              + " repack the archive without compression (zip -0)",
          name, method);
    }
    return new Entry(dataOffset(name, local, size), size);
  }

  /** Where the bytes of an entry begin: after its local header, which must have the same name. */
  private long dataOffset(String name, long local, long size) throws CheckpointException {
    if (local < 0 || local > directoryStart - LOCAL_BYTES) {
      throw fail("entry '%s' claims byte %d, outside the archive", name, local);
    }
    ByteBuffer header = file.copy(local, LOCAL_BYTES);
    int nameLength = header.getShort(26) & 0xFFFF;
    int extraLength = header.getShort(28) & 0xFFFF;
    long data = local + LOCAL_BYTES + nameLength + extraLength;
    if (header.getInt(0) != LOCAL_SIGNATURE || data > directoryStart) {
      throw fail("entry '%s' has no local header at byte %d", name, local);
    }
    String localName = name(local + LOCAL_BYTES, nameLength);
    if (!localName.equals(name)) {
      throw fail("the directory has an entry '%s' where the file has '%s'", name, localName);
    }
    if (size < 0 || size > directoryStart - data) {
      throw fail(
          "entry '%s' claims %d bytes, but only %d are there: the file is truncated or forged",
          name, size, directoryStart - data);
    }
    return data;
  }

  private ByteBuffer zip64Fields(String name, ByteBuffer extra) throws CheckpointException {
    while (extra.remaining() >= 4) {
      int id = extra.getShort() & 0xFFFF;
      int length = extra.getShort() & 0xFFFF;
      if (length > extra.remaining()) {
        throw fail("entry '%s' has a damaged extra field", name);
      }
      if (id == ZIP64_EXTRA) {
        return extra.slice(extra.position(), length).order(ByteOrder.LITTLE_ENDIAN);
      }
      extra.position(extra.position() + length);
    }
    return ByteBuffer.allocate(0);
  }

  private long nextWide(String name, ByteBuffer fields) throws CheckpointException {
    if (fields.remaining() < Long.BYTES) {
      throw fail("entry '%s' lacks the zip64 field that its header announces", name);
    }
    return fields.getLong();
  }

  private String name(long position, int length) throws CheckpointException {
    if (length == 0 || length > MAX_NAME) {
      throw fail("an entry has a name of %d bytes; expected 1 to %d", length, MAX_NAME);
    }
    String name;
    try {
      name = StandardCharsets.UTF_8.newDecoder().decode(file.copy(position, length)).toString();
    } catch (CharacterCodingException e) {
      throw fail("an entry's name is not UTF-8");
    }
    boolean odd = name.startsWith("/") || name.contains("\\") || name.contains(":");
    for (String part : name.split("/", -1)) {
      odd |= part.isEmpty() || part.equals(".") || part.equals("..");
    }
    if (odd || name.chars().anyMatch(Character::isISOControl)) {
      throw fail("an entry is named '%s', which is not a plain relative path", printable(name));
    }
    return name;
  }

  private static String printable(String name) {
    return name.replaceAll("\\p{Cntrl}", "?");
  }

  private CheckpointException fail(String format, Object... arguments) {
    return new CheckpointException(
        "%s is not a readable PyTorch archive: %s"
            .formatted(file.label(), format.formatted(arguments)));
  }
}
