package io.digflink.schemas.codec;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonStreamContext;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.BitSet;
import org.apache.avro.specific.SpecificData;
import org.apache.avro.specific.SpecificRecordBase;

/**
 * Reads and writes one type of record as JSON in UTF-8, by the field names of its {@code .avsc}.
 * Values are plain, without the tags that Avro's own JSON encoding gives unions. A field that is
 * absent or null has its default. Times are milliseconds since 1970 or ISO-8601, bytes are base64,
 * and 64-bit numbers may come as strings, since JavaScript rounds them.
 *
 * <p>What a producer gets wrong is an error that names the field: one that is unknown, given twice,
 * or of another kind, NaN among them. Hostile bytes cost no memory: nothing but known fields is
 * kept. Thread-safe.
 *
 * @param <T> a generated record
 */
public final class JsonCodec<T extends SpecificRecordBase> {
  private static final String REQUEST_ID = "request_id";

  /** Records have no nesting; what has more is skipped only to find the request's id behind it. */
  private static final int DEEPEST = 16;

  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .streamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(DEEPEST).build())
          // Read, so that the field can be named.
          .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
          .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
          .build();

  static {
    TrustedRecords.install();
  }

  private final Class<T> type;
  private final SpecificData data;
  private final JsonFields fields;

  private JsonCodec(Class<T> type) {
    this.type = type;
    this.data = SpecificData.getForClass(type);
    this.fields = new JsonFields(data.getSchema(type));
  }

  /** The codec of a record. */
  public static <T extends SpecificRecordBase> JsonCodec<T> of(Class<T> type) {
    return new JsonCodec<>(type);
  }

  /** The record in JSON, with all its fields. */
  public byte[] encode(T record) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (JsonGenerator out = FACTORY.createGenerator(bytes)) {
      out.writeStartObject();
      for (JsonField field : fields.all()) {
        field.write(record.get(field.position()), out);
      }
      out.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  /**
   * Reads a record.
   *
   * @throws FieldFormatException with the first field that is at fault
   * @throws RecordFormatException if the bytes are anything but one JSON object
   */
  public T decode(byte[] bytes) throws RecordFormatException {
    return decode(bytes, 0);
  }

  /** Reads a record that begins at an offset. */
  T decode(byte[] bytes, int offset) throws RecordFormatException {
    if (bytes.length > offset + 1 && bytes[offset + 1] == 0) {
      throw new RecordFormatException(
          "Expected JSON in UTF-8, found a zero byte after the first: send UTF-8, not UTF-16");
    }
    T record = type.cast(SpecificData.newInstance(type, data.getSchema(type)));
    String[] requestId = new String[1];
    try (JsonParser in = FACTORY.createParser(bytes, offset, bytes.length - offset)) {
      FieldFormatException first = readObject(in, record, requestId);
      if (in.nextToken() != null) {
        throw new RecordFormatException(
            "Expected one JSON object, found more after it: send one per record");
      }
      if (first != null) {
        throw first;
      }
      return record;
    } catch (RecordFormatException e) {
      throw e.of(requestId[0]);
    } catch (IOException | RuntimeException e) {
      throw new RecordFormatException(
              "Expected a " + type.getSimpleName() + " as a JSON object in UTF-8, found " + what(e),
              e)
          .of(requestId[0]);
    }
  }

  private static String what(Exception e) {
    return e instanceof JsonProcessingException json
        ? json.getOriginalMessage()
            + (json.getLocation() == null ? "" : " at byte " + json.getLocation().getByteOffset())
        : e.toString();
  }

  /** Reads all fields, even behind one at fault: an answer should carry the request's id. */
  private FieldFormatException readObject(JsonParser in, T record, String[] requestId)
      throws IOException {
    if (in.nextToken() != JsonToken.START_OBJECT) {
      throw new RecordFormatException(
          "Expected a JSON object, found " + in.currentToken() + ": send one object per record");
    }
    JsonStreamContext object = in.getParsingContext();
    BitSet seen = new BitSet();
    FieldFormatException first = null;
    while (in.nextToken() == JsonToken.FIELD_NAME) {
      String name = in.currentName();
      in.nextToken();
      try {
        readField(name, in, record, seen);
        if (name.equals(REQUEST_ID) && record.get(fields.find(name).position()) != null) {
          requestId[0] = record.get(fields.find(name).position()).toString();
        }
      } catch (FieldFormatException e) {
        first = first == null ? e : first;
        leaveValue(in, object);
      }
    }
    for (JsonField field : fields.all()) {
      if (!seen.get(field.position())) {
        try {
          record.put(field.position(), field.absent(data));
        } catch (FieldFormatException e) {
          first = first == null ? e : first;
        }
      }
    }
    return first;
  }

  private void readField(String name, JsonParser in, T record, BitSet seen) throws IOException {
    JsonField field = fields.find(name);
    if (field == null) {
      throw fields.unknown(name);
    }
    if (seen.get(field.position())) {
      throw new FieldFormatException(name, "given twice", "one value");
    }
    seen.set(field.position());
    record.put(
        field.position(),
        in.currentToken() == JsonToken.VALUE_NULL ? field.absent(data) : field.read(in));
  }

  private static void leaveValue(JsonParser in, JsonStreamContext object) throws IOException {
    while (in.getParsingContext() != object && in.currentToken() != null) {
      in.nextToken();
    }
  }
}
