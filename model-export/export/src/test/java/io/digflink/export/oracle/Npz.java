package io.digflink.export.oracle;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;

/**
 * Reads the arrays of a NumPy {@code .npz} file (format version 1, little-endian, C order). The
 * libraries for it on Maven Central were last released in 2020.
 */
public final class Npz {
  private static final Pattern HEADER =
      Pattern.compile("'descr': '(<[fi][48])', 'fortran_order': False, 'shape': \\(([0-9, ]*)\\)");
  private static final int HEADER_LENGTH_AT = 8;
  private static final int HEADER_AT = 10;

  /** An array in row-major order; integers are widened as well. */
  public record Array(long[] shape, double[] values) {}

  private Npz() {}

  /** Arrays by name. */
  public static Map<String, Array> read(InputStream stream) throws IOException {
    Map<String, Array> arrays = new HashMap<>();
    try (ZipInputStream zip = new ZipInputStream(stream)) {
      for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
        String name = entry.getName().replaceFirst("\\.npy$", "");
        arrays.put(name, parse(name, zip.readAllBytes()));
      }
    }
    return arrays;
  }

  private static Array parse(String name, byte[] npy) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(npy).order(ByteOrder.LITTLE_ENDIAN);
    int headerLength = bytes.getShort(HEADER_LENGTH_AT) & 0xFFFF;
    String header = new String(npy, HEADER_AT, headerLength, StandardCharsets.ISO_8859_1);
    Matcher matcher = HEADER.matcher(header);
    if (!matcher.find()) {
      throw new IOException("array %s has the unsupported header %s".formatted(name, header));
    }
    long[] shape =
        Arrays.stream(matcher.group(2).split(","))
            .map(String::strip)
            .filter(s -> !s.isEmpty())
            .mapToLong(Long::parseLong)
            .toArray();
    double[] values = new double[(int) Arrays.stream(shape).reduce(1, (a, b) -> a * b)];
    bytes.position(HEADER_AT + headerLength);
    for (int i = 0; i < values.length; i++) {
      values[i] =
          switch (matcher.group(1)) {
            case "<f4" -> bytes.getFloat();
            case "<f8" -> bytes.getDouble();
            case "<i4" -> bytes.getInt();
            default -> bytes.getLong();
          };
    }
    return new Array(shape, values);
  }
}
