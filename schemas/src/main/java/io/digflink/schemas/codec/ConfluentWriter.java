package io.digflink.schemas.codec;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DatumWriter;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.specific.SpecificData;
import org.apache.avro.specific.SpecificDatumWriter;
import org.apache.avro.specific.SpecificRecordBase;

/**
 * Writes one type of record in Confluent's wire format.
 *
 * @param <T> a generated record
 */
public final class ConfluentWriter<T extends SpecificRecordBase> {
  private final byte[] header;
  private final DatumWriter<T> writer;

  static {
    TrustedRecords.install();
  }

  /**
   * @param id of the type's schema in the registry
   */
  public ConfluentWriter(Class<T> type, int id) {
    SpecificData data = SpecificData.getForClass(type);
    this.header =
        ByteBuffer.allocate(ConfluentReader.HEADER_LENGTH).put((byte) 0).putInt(id).array();
    this.writer = new SpecificDatumWriter<>(data.getSchema(type), data);
  }

  /** The record's bytes, header first. */
  public byte[] encode(T record) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try {
      out.write(header);
      BinaryEncoder encoder = EncoderFactory.get().directBinaryEncoder(out, null);
      writer.write(record, encoder);
      encoder.flush();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }
}
