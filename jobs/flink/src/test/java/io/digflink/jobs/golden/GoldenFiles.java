package io.digflink.jobs.golden;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import org.apache.flink.core.io.SimpleVersionedSerialization;
import org.apache.flink.core.io.SimpleVersionedSerializer;

/**
 * Bytes of state and records in every version that a release wrote, in the test resources {@code
 * golden/state/}: they must stay readable, and a format must not change without a new version. With
 * {@code -Ddig.golden.write=true} missing files are written instead of compared.
 */
public final class GoldenFiles {
  private static final String FOLDER = "golden/state/";
  private static final boolean WRITES = Boolean.getBoolean("dig.golden.write");

  private GoldenFiles() {}

  /** Expects these bytes to be those of the release. */
  public static void assertUnchanged(String name, byte[] bytes) throws IOException {
    Path source = Path.of("src/test/resources", FOLDER + name);
    if (WRITES && !Files.exists(source)) {
      Files.createDirectories(source.getParent());
      Files.write(source, bytes);
      return;
    }
    HexFormat hex = HexFormat.of();
    assertThat(hex.formatHex(bytes)).as(name).isEqualTo(hex.formatHex(read(name)));
  }

  /** What the release wrote. */
  public static byte[] read(String name) throws IOException {
    Path source = Path.of("src/test/resources", FOLDER + name);
    if (WRITES) {
      return Files.readAllBytes(source);
    }
    try (InputStream in = GoldenFiles.class.getResourceAsStream("/" + FOLDER + name)) {
      assertThat(in).as(FOLDER + name).isNotNull();
      return in.readAllBytes();
    }
  }

  /**
   * Expects a value to be written as the release wrote it, and read from there.
   *
   * @param name of the file, which has the version and the length before the value, as operator
   *     state has them
   */
  public static <T> void assertState(SimpleVersionedSerializer<T> serializer, T value, String name)
      throws IOException {
    assertUnchanged(name, SimpleVersionedSerialization.writeVersionAndSerialize(serializer, value));
    assertRead(serializer, value, name);
  }

  /** Expects a value to be read from what an earlier release wrote. */
  public static <T> void assertRead(SimpleVersionedSerializer<T> serializer, T value, String name)
      throws IOException {
    T read = SimpleVersionedSerialization.readVersionAndDeSerialize(serializer, read(name));
    assertThat(read).usingRecursiveComparison().isEqualTo(value);
  }

  /** An element of operator state: its version and length before its bytes. */
  public static byte[] element(int version, byte[] bytes) {
    return ByteBuffer.allocate(2 * Integer.BYTES + bytes.length)
        .putInt(version)
        .putInt(bytes.length)
        .put(bytes)
        .array();
  }
}
