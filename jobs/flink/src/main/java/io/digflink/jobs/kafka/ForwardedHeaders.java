package io.digflink.jobs.kafka;

import io.digflink.jobs.request.IncomingRecord;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;

/**
 * Picks the headers of a request's record that its answers repeat, and gives them to the answers.
 * Between the two they travel, and lie in state, encoded: a count of two bytes, then for each
 * header the length of its name in two bytes, the name in UTF-8, the length of its value in four
 * bytes, -1 for none, and the value.
 *
 * <p>Every image of a request repeats them, so there is a limit: headers beyond the first 16, and
 * those with which all would have more than 4 KiB, are left out.
 */
public final class ForwardedHeaders implements Serializable {
  /** What is always repeated: the trace context of W3C, and the usual name of a reply's address. */
  static final List<String> ALWAYS = List.of("traceparent", "tracestate", "correlation-id");

  static final int MOST = 16;
  static final int MOST_BYTES = 4 << 10;

  private static final long serialVersionUID = 1L;

  private final TreeSet<String> names = new TreeSet<>();

  /**
   * @param further names besides {@link #ALWAYS}, in upper or lower case
   */
  public ForwardedHeaders(Set<String> further) {
    names.addAll(ALWAYS);
    further.forEach(name -> names.add(name.toLowerCase(Locale.ROOT)));
  }

  /** The headers to repeat, encoded; empty if there are none. */
  public byte[] pick(Headers headers) {
    List<Header> picked = new ArrayList<>();
    int bytes = 0;
    for (Header header : headers) {
      if (!names.contains(header.key().toLowerCase(Locale.ROOT))) {
        continue;
      }
      int size = header.key().length() + (header.value() == null ? 0 : header.value().length);
      if (picked.size() < MOST && bytes + size <= MOST_BYTES) {
        picked.add(header);
        bytes += size;
      }
    }
    return picked.isEmpty() ? IncomingRecord.NO_HEADERS : encode(picked);
  }

  private static byte[] encode(List<Header> headers) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      out.writeShort(headers.size());
      for (Header header : headers) {
        byte[] name = header.key().getBytes(StandardCharsets.UTF_8);
        out.writeShort(name.length);
        out.write(name);
        out.writeInt(header.value() == null ? -1 : header.value().length);
        if (header.value() != null) {
          out.write(header.value());
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  /** Adds picked headers to an answer's. */
  static void add(byte[] picked, Headers headers) {
    if (picked.length == 0) {
      return;
    }
    try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(picked))) {
      int count = in.readUnsignedShort();
      for (int i = 0; i < count; i++) {
        String name = new String(read(in, in.readUnsignedShort()), StandardCharsets.UTF_8);
        int length = in.readInt();
        headers.add(name, length < 0 ? null : read(in, length));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The value of a picked header, if it is there and has one. */
  public static Optional<byte[]> value(byte[] picked, String name) {
    Headers headers = new org.apache.kafka.common.header.internals.RecordHeaders();
    add(picked, headers);
    return Optional.ofNullable(headers.lastHeader(name)).map(Header::value);
  }

  private static byte[] read(DataInputStream in, int length) throws IOException {
    byte[] bytes = new byte[length];
    in.readFully(bytes);
    return bytes;
  }
}
