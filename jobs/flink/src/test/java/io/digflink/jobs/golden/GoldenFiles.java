package io.digflink.jobs.golden;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import org.apache.flink.api.common.serialization.SerializerConfigImpl;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.core.io.SimpleVersionedSerialization;
import org.apache.flink.core.io.SimpleVersionedSerializer;
import org.apache.flink.core.memory.DataInputDeserializer;
import org.apache.flink.core.memory.DataOutputSerializer;

/**
 * Bytes that release 0.1.0 wrote, in the test resources {@code golden/0.1.0/}: what a later one
 * must still read. With {@code -Ddig.golden.write=true} files that are missing are written instead
 * of compared.
 */
public final class GoldenFiles {
  private static final String RELEASE = "golden/0.1.0/";
  private static final boolean WRITES = Boolean.getBoolean("dig.golden.write");

  private GoldenFiles() {}

  /** Expects these bytes to be those of the release. */
  public static void assertUnchanged(String name, byte[] bytes) throws IOException {
    Path source = Path.of("src/test/resources", RELEASE + name);
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
    Path source = Path.of("src/test/resources", RELEASE + name);
    if (WRITES) {
      return Files.readAllBytes(source);
    }
    try (InputStream in = GoldenFiles.class.getResourceAsStream("/" + RELEASE + name)) {
      assertThat(in).as(RELEASE + name).isNotNull();
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
    T read = SimpleVersionedSerialization.readVersionAndDeSerialize(serializer, read(name));
    assertThat(read).usingRecursiveComparison().isEqualTo(value);
  }

  /** Expects a record between tasks to have the bytes of the release, and to be read from them. */
  public static <T> void assertRecord(Class<T> type, T value, String name) throws IOException {
    TypeSerializer<T> serializer = serializerOf(type);
    DataOutputSerializer out = new DataOutputSerializer(256);
    serializer.serialize(value, out);
    assertUnchanged(name, out.getCopyOfBuffer());
    T read = serializer.deserialize(new DataInputDeserializer(read(name)));
    assertThat(read).usingRecursiveComparison().isEqualTo(value);
  }

  /** Expects the snapshot of a record's serializer, with the class names in it, to be the same. */
  public static <T> void assertSnapshot(Class<T> type, String name) throws IOException {
    TypeSerializerSnapshot<T> snapshot = serializerOf(type).snapshotConfiguration();
    DataOutputSerializer out = new DataOutputSerializer(256);
    TypeSerializerSnapshot.writeVersionedSnapshot(out, snapshot);
    assertUnchanged(name, out.getCopyOfBuffer());
    TypeSerializerSnapshot<T> read =
        TypeSerializerSnapshot.readVersionedSnapshot(
            new DataInputDeserializer(read(name)), GoldenFiles.class.getClassLoader());
    assertThat(snapshot.resolveSchemaCompatibility(read).isCompatibleAsIs()).as(name).isTrue();
  }

  private static <T> TypeSerializer<T> serializerOf(Class<T> type) {
    return TypeInformation.of(type).createSerializer(new SerializerConfigImpl());
  }
}
