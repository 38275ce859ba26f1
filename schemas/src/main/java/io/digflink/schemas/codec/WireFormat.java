package io.digflink.schemas.codec;

import java.util.HexFormat;
import java.util.Optional;

/** How a record lies in a topic. Its first bytes tell. */
public enum WireFormat {
  /** {@code C3 01}, the fingerprint of the schema, the record in Avro's binary encoding. */
  SINGLE_OBJECT("single-object", "application/avro; encoding=single-object"),
  /** {@code 00}, the schema's id in a registry in four bytes, the record in Avro or JSON. */
  CONFLUENT("confluent", "application/avro; encoding=confluent"),
  /** <code>{</code>: a JSON object in UTF-8. */
  JSON("json", "application/json");

  /** The formats in words, for messages. */
  public static final String ALL =
      "Avro's single-object encoding (C3 01, then 8 bytes of schema fingerprint), Confluent's wire"
          + " format in Avro or in JSON (00, then 4 bytes of schema id), or a JSON object in UTF-8"
          + " (7B, which is {)";

  private static final int SHOWN = 8;

  private final String id;
  private final String contentType;

  WireFormat(String id, String contentType) {
    this.id = id;
    this.contentType = contentType;
  }

  /** Its name in options. */
  @Override
  public String toString() {
    return id;
  }

  /** Media type of its records. */
  public String contentType() {
    return contentType;
  }

  /** The format of a record; none where its first bytes are those of no format. */
  public static Optional<WireFormat> of(byte[] record) {
    if (record.length >= 2 && record[0] == (byte) 0xC3 && record[1] == 0x01) {
      return Optional.of(SINGLE_OBJECT);
    }
    if (record.length >= 1 && record[0] == 0) {
      return Optional.of(CONFLUENT);
    }
    return record.length >= 1 && record[0] == '{' ? Optional.of(JSON) : Optional.empty();
  }

  /** What the record of no format is, for a message. */
  public static String describe(byte[] record) {
    if (record.length == 0) {
      return "an empty value";
    }
    String begin =
        HexFormat.ofDelimiter(" ")
            .withUpperCase()
            .formatHex(record, 0, Math.min(SHOWN, record.length));
    return record.length + " bytes that begin " + begin + hint(begin);
  }

  private static String hint(String begin) {
    if (begin.startsWith("1F 8B")) {
      return " (gzip: let the producer's compression.type compress, not the value)";
    }
    if (begin.startsWith("EF BB BF")) {
      return " (a byte-order mark: leave it out)";
    }
    if (begin.startsWith("4F 62 6A 01")) {
      return " (an Avro file: send its records one by one)";
    }
    if (begin.startsWith("5B")) {
      return " (a JSON array: send its elements one by one)";
    }
    if (begin.startsWith("22")) {
      return " (a JSON string: send the object itself, encoded once)";
    }
    if (begin.matches("(09|0A|0D|20)( .*)?")) {
      return " (white space: begin with the object)";
    }
    return " (an Avro body without a header, perhaps)";
  }
}
