package io.digflink.schemas.codec;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.apache.avro.AvroRuntimeException;
import org.apache.avro.Schema;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.specific.SpecificData;
import org.apache.avro.specific.SpecificDatumReader;
import org.apache.avro.specific.SpecificRecordBase;

/**
 * Reads one type of record in Confluent's wire format, of one registered schema: a zero byte, the
 * schema's id in four bytes, and the record in Avro, or in JSON if the schema is a JSON Schema.
 *
 * <p>Avro's rules of resolution apply, but the record's own name does not matter: tools that make a
 * schema from a table name it as they like.
 *
 * @param <T> a generated record
 */
public final class ConfluentReader<T extends SpecificRecordBase> {
  /** Bytes before the record. */
  public static final int HEADER_LENGTH = 1 + Integer.BYTES;

  private final Class<T> type;
  private final RegisteredSchema registered;
  private final JsonCodec<T> json;
  private final Schema writer;
  private final Schema reader;

  static {
    TrustedRecords.install();
  }

  /**
   * @throws UnknownSchemaException if records of this schema cannot be read
   */
  public ConfluentReader(Class<T> type, RegisteredSchema registered) throws UnknownSchemaException {
    this.type = type;
    this.registered = registered;
    Schema current = SpecificData.getForClass(type).getSchema(type);
    switch (registered.type()) {
      case "JSON" -> {
        json = JsonCodec.of(type);
        writer = null;
        reader = null;
      }
      case "AVRO" -> {
        json = null;
        writer = parse(registered, current);
        reader = new Schema.Parser().parse(current.toString());
        reader.addAlias(writer.getFullName());
      }
      default -> throw unknown(registered, current, "one of type " + registered.type());
    }
  }

  private static Schema parse(RegisteredSchema registered, Schema current)
      throws UnknownSchemaException {
    Schema schema;
    try {
      schema = new Schema.Parser().parse(registered.text());
    } catch (AvroRuntimeException e) {
      throw unknown(registered, current, "one that cannot be parsed (" + e.getMessage() + ")");
    }
    if (schema.getType() != Schema.Type.RECORD) {
      throw unknown(registered, current, "a schema of type " + schema.getType());
    }
    return schema;
  }

  private static UnknownSchemaException unknown(
      RegisteredSchema registered, Schema current, String found) {
    return new UnknownSchemaException(
        String.format(
            "Expected the registry's schema %d to be an Avro record or a JSON Schema of a %s, found"
                + " %s",
            registered.id(), current.getName(), found));
  }

  /**
   * The id of a record's schema.
   *
   * @throws RecordFormatException if it is too short to have one
   */
  public static int idOf(byte[] record) throws RecordFormatException {
    if (record.length < HEADER_LENGTH) {
      throw new RecordFormatException(
          "Expected a schema id of four bytes after the zero byte of Confluent's wire format, found "
              + (record.length - 1)
              + " bytes");
    }
    return ByteBuffer.wrap(record).getInt(1);
  }

  /**
   * Reads a record of this schema.
   *
   * @throws RecordFormatException if the bytes are anything but one
   */
  public T decode(byte[] record) throws RecordFormatException {
    if (json != null) {
      return json.decode(record, HEADER_LENGTH);
    }
    int length = record.length - HEADER_LENGTH;
    BinaryDecoder decoder = DecoderFactory.get().binaryDecoder(record, HEADER_LENGTH, length, null);
    try {
      SpecificData data = SpecificData.getForClass(type);
      T datum = new SpecificDatumReader<T>(writer, reader, data).read(null, decoder);
      if (decoder.isEnd()) {
        return datum;
      }
    } catch (IOException | RuntimeException e) {
      throw new RecordFormatException(
          String.format(
              "Expected a %s of the registry's schema %d, found %d bytes that cannot be read as one"
                  + " (%s)",
              type.getSimpleName(), registered.id(), length, e),
          e);
    }
    throw new RecordFormatException(
        "Expected one "
            + type.getSimpleName()
            + " of the registry's schema "
            + registered.id()
            + ", found further bytes after it: send one record per message");
  }
}
