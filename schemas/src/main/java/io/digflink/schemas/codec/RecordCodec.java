package io.digflink.schemas.codec;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.avro.Schema;
import org.apache.avro.SchemaNormalization;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.message.BinaryMessageEncoder;
import org.apache.avro.specific.SpecificData;
import org.apache.avro.specific.SpecificDatumReader;
import org.apache.avro.specific.SpecificRecordBase;

/**
 * Reads and writes one type of record in Avro's single-object encoding: the marker {@code C3 01},
 * the 8-byte little-endian CRC-64-AVRO fingerprint of the writer's schema, the record. No registry
 * is needed: a codec knows the schema of its class, the earlier versions of it, and those it was
 * given.
 *
 * <p>Hostile bytes cost no memory: the decoder works on the array, where Avro refuses a length that
 * is longer than what is left. Thread-safe.
 *
 * @param <T> a generated record
 */
public final class RecordCodec<T extends SpecificRecordBase> {
  private static final byte[] MARKER = {(byte) 0xC3, 0x01};
  private static final int HEADER_LENGTH = MARKER.length + Long.BYTES;

  static {
    TrustedRecords.install();
  }

  private final SpecificData data;
  private final Schema schema;
  private final BinaryMessageEncoder<T> encoder;
  private final Map<Long, Schema> writers = new LinkedHashMap<>();

  private RecordCodec(Class<T> type, Schema... otherWriters) {
    this.data = SpecificData.getForClass(type);
    this.schema = data.getSchema(type);
    this.encoder = new BinaryMessageEncoder<>(data, schema);
    addWriter(schema);
    ReleasedSchemas.upTo(schema).forEach(this::addWriter);
    for (Schema writer : otherWriters) {
      addWriter(writer);
    }
  }

  /**
   * The codec of a record.
   *
   * @param otherWriters further schemas, such as newer ones, that records may be written in; Avro's
   *     rules of resolution apply
   * @throws IllegalArgumentException if a schema is one of another record
   */
  public static <T extends SpecificRecordBase> RecordCodec<T> of(
      Class<T> type, Schema... otherWriters) {
    return new RecordCodec<>(type, otherWriters);
  }

  private void addWriter(Schema writer) {
    if (!writer.getFullName().equals(schema.getFullName())) {
      throw new IllegalArgumentException(
          "Expected a schema of "
              + schema.getFullName()
              + ", found one of "
              + writer.getFullName());
    }
    writers.put(SchemaNormalization.parsingFingerprint64(writer), writer);
  }

  /** The record's bytes, header first. */
  public byte[] encode(T datum) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try {
      encoder.encode(datum, out);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }

  /**
   * Reads a record.
   *
   * @throws UnknownSchemaException if it was written in a schema that this codec does not know
   * @throws RecordFormatException if the bytes are anything but one whole record
   */
  public T decode(byte[] bytes) throws RecordFormatException {
    Schema writer = writerOf(bytes);
    BinaryDecoder decoder =
        DecoderFactory.get()
            .binaryDecoder(bytes, HEADER_LENGTH, bytes.length - HEADER_LENGTH, null);
    T datum;
    boolean complete;
    try {
      datum = new SpecificDatumReader<T>(writer, schema, data).read(null, decoder);
      complete = decoder.isEnd();
    } catch (IOException | RuntimeException e) {
      throw new RecordFormatException(
          "Expected a "
              + describe(writer)
              + " after the header, found "
              + (bytes.length - HEADER_LENGTH)
              + " bytes that are not one ("
              + e
              + "): send a record made by an Avro encoder",
          e);
    }
    if (!complete) {
      throw new RecordFormatException(
          "Expected one "
              + describe(writer)
              + ", found further bytes after it: send one record per message");
    }
    return datum;
  }

  private Schema writerOf(byte[] bytes) throws RecordFormatException {
    if (bytes.length < HEADER_LENGTH || bytes[0] != MARKER[0] || bytes[1] != MARKER[1]) {
      throw new RecordFormatException(
          "Expected a "
              + schema.getName()
              + " in Avro's single-object encoding (C3 01, then a schema fingerprint of 8 bytes),"
              + " found "
              + bytes.length
              + " bytes without that header: encode with BinaryMessageEncoder or an equivalent");
    }
    long fingerprint = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong(MARKER.length);
    Schema writer = writers.get(fingerprint);
    if (writer == null) {
      String known =
          writers.values().stream().map(RecordCodec::describe).collect(Collectors.joining(", "));
      throw new UnknownSchemaException(
          String.format(
              "Expected a record of a known schema [%s], found one with fingerprint %s:"
                  + " write in a known version or give its schema to this side",
              known, onTheWire(fingerprint)));
    }
    return writer;
  }

  /**
   * The schema's name, version (the property {@code version} of the schema) and fingerprint, the
   * latter byte by byte as in a record's header.
   */
  private static String describe(Schema schema) {
    Object version = schema.getObjectProp("version");
    return String.format(
        "%s version %s (%s)",
        schema.getName(),
        version == null ? "unknown" : version,
        onTheWire(SchemaNormalization.parsingFingerprint64(schema)));
  }

  private static String onTheWire(long fingerprint) {
    byte[] bytes =
        ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(fingerprint).array();
    return HexFormat.ofDelimiter(" ").withUpperCase().formatHex(bytes);
  }
}
