package io.digflink.schemas.codec;

import com.fasterxml.jackson.core.Base64Variants;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import org.apache.avro.Schema;
import org.apache.avro.specific.SpecificData;

/** One field of a record: reads its JSON value into what the generated class holds, and back. */
final class JsonField {
  private static final int LONGEST_VALUE_SHOWN = 100;
  private static final int MOST_DIGITS = 19;
  private static final Pattern DIGITS = Pattern.compile("-?\\d{1," + MOST_DIGITS + "}");

  private final Schema.Field field;
  private final Schema type;
  private final JsonKind kind;

  JsonField(Schema.Field field) {
    this.field = field;
    this.type = JsonKind.withoutNull(field.schema());
    this.kind = JsonKind.of(field.schema());
  }

  String name() {
    return field.name();
  }

  int position() {
    return field.pos();
  }

  /**
   * What the record has without a value.
   *
   * @throws FieldFormatException if it must have one
   */
  Object absent(SpecificData data) throws FieldFormatException {
    if (!field.hasDefaultValue()) {
      throw new FieldFormatException(name(), "absent", kind.allowed() + ": the field is required");
    }
    Object value = data.getDefaultValue(field);
    return value instanceof List<?> list ? new ArrayList<>(list) : value;
  }

  /**
   * Reads a value that is not null; the parser is at its first token.
   *
   * @throws FieldFormatException if it is of another kind; the parser is then somewhere within it
   */
  Object read(JsonParser in) throws IOException {
    return switch (kind) {
      case STRING -> string(in);
      case INT -> Math.toIntExact(whole(in, Integer.MIN_VALUE, Integer.MAX_VALUE));
      case LONG -> longOrDigits(in);
      case DOUBLE -> finite(in);
      case ENUM -> symbol(in);
      case TIME -> time(in);
      case BYTES -> bytes(in);
      case INTS -> {
        List<Object> values = new ArrayList<>();
        while (nextElement(in, values)) {
          values.add(Math.toIntExact(whole(in, Integer.MIN_VALUE, Integer.MAX_VALUE)));
        }
        yield values;
      }
      case STRINGS -> {
        List<Object> values = new ArrayList<>();
        while (nextElement(in, values)) {
          values.add(string(in));
        }
        yield values;
      }
    };
  }

  private boolean nextElement(JsonParser in, List<Object> before) throws IOException {
    if (before.isEmpty() && in.currentToken() != JsonToken.START_ARRAY) {
      throw otherKind(in);
    }
    return in.nextToken() != JsonToken.END_ARRAY;
  }

  private String string(JsonParser in) throws IOException {
    if (in.currentToken() != JsonToken.VALUE_STRING) {
      throw otherKind(in);
    }
    String text = in.getText();
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (Character.isHighSurrogate(c)
          && i + 1 < text.length()
          && Character.isLowSurrogate(text.charAt(i + 1))) {
        i++;
      } else if (Character.isSurrogate(c)) {
        throw new FieldFormatException(
            name(),
            String.format("a string with a lone surrogate, \\u%04x", (int) c),
            "well-formed Unicode");
      }
    }
    return text;
  }

  /** A whole number; one written with a fraction of zero or an exponent is whole too. */
  private long whole(JsonParser in, long least, long most) throws IOException {
    long value;
    if (in.currentToken() == JsonToken.VALUE_NUMBER_INT
        && in.getNumberType() != JsonParser.NumberType.BIG_INTEGER) {
      value = in.getLongValue();
    } else if (in.currentToken() == JsonToken.VALUE_NUMBER_FLOAT && !in.isNaN()) {
      BigDecimal number = in.getDecimalValue();
      if (number.signum() != 0
          && (number.precision() - (long) number.scale() > MOST_DIGITS
              || number.stripTrailingZeros().scale() > 0)) {
        throw otherKind(in);
      }
      try {
        value = number.longValueExact();
      } catch (ArithmeticException e) {
        throw otherKind(in);
      }
    } else {
      throw otherKind(in);
    }
    if (value < least || value > most) {
      throw otherKind(in);
    }
    return value;
  }

  private long longOrDigits(JsonParser in) throws IOException {
    if (in.currentToken() != JsonToken.VALUE_STRING) {
      return whole(in, Long.MIN_VALUE, Long.MAX_VALUE);
    }
    String digits = in.getText();
    try {
      if (DIGITS.matcher(digits).matches()) {
        return Long.parseLong(digits);
      }
    } catch (NumberFormatException e) {
      // More than 64 bits.
    }
    throw otherKind(in);
  }

  private double finite(JsonParser in) throws IOException {
    if (!in.currentToken().isNumeric() || !Double.isFinite(in.getDoubleValue())) {
      throw otherKind(in);
    }
    return in.getDoubleValue();
  }

  @SuppressWarnings({"unchecked", "rawtypes"})
  private Object symbol(JsonParser in) throws IOException {
    String symbol = string(in).toUpperCase(Locale.ROOT);
    if (!type.hasEnumSymbol(symbol)) {
      throw new FieldFormatException(name(), found(in), String.join(", ", type.getEnumSymbols()));
    }
    return Enum.valueOf(SpecificData.get().getClass(type), symbol);
  }

  private Instant time(JsonParser in) throws IOException {
    if (in.currentToken() != JsonToken.VALUE_STRING) {
      return Instant.ofEpochMilli(whole(in, Long.MIN_VALUE, Long.MAX_VALUE));
    }
    try {
      Instant time = OffsetDateTime.parse(in.getText()).toInstant();
      return Instant.ofEpochMilli(time.toEpochMilli());
    } catch (DateTimeException | ArithmeticException e) {
      throw otherKind(in);
    }
  }

  private ByteBuffer bytes(JsonParser in) throws IOException {
    if (in.currentToken() != JsonToken.VALUE_STRING) {
      throw otherKind(in);
    }
    try {
      return ByteBuffer.wrap(in.getBinaryValue(Base64Variants.MIME_NO_LINEFEEDS));
    } catch (IllegalArgumentException | com.fasterxml.jackson.core.JsonProcessingException e) {
      throw otherKind(in);
    }
  }

  private FieldFormatException otherKind(JsonParser in) throws IOException {
    return new FieldFormatException(name(), found(in), kind.allowed());
  }

  private static String found(JsonParser in) throws IOException {
    return switch (in.currentToken()) {
      case START_OBJECT -> "an object (values are plain, without Avro's union tags)";
      case START_ARRAY -> "an array";
      case VALUE_NULL -> "null";
      case VALUE_STRING -> "the string \"" + shortened(in.getText()) + "\"";
      default -> shortened(in.getText());
    };
  }

  private static String shortened(String text) {
    return text.length() <= LONGEST_VALUE_SHOWN
        ? text
        : text.substring(0, LONGEST_VALUE_SHOWN) + "…";
  }

  /** Writes a value as the generated class holds it. */
  void write(Object value, JsonGenerator out) throws IOException {
    out.writeFieldName(name());
    if (value == null) {
      out.writeNull();
      return;
    }
    switch (kind) {
      case INT -> out.writeNumber((int) value);
      case LONG -> out.writeNumber((long) value);
      case DOUBLE -> out.writeNumber((double) value);
      case BYTES -> {
        ByteBuffer bytes = ((ByteBuffer) value).duplicate();
        byte[] copy = new byte[bytes.remaining()];
        bytes.get(copy);
        out.writeBinary(Base64Variants.MIME_NO_LINEFEEDS, copy, 0, copy.length);
      }
      case INTS -> {
        out.writeStartArray();
        for (Object element : (List<?>) value) {
          out.writeNumber((int) element);
        }
        out.writeEndArray();
      }
      case STRINGS -> {
        out.writeStartArray();
        for (Object element : (List<?>) value) {
          out.writeString(element.toString());
        }
        out.writeEndArray();
      }
      // An Instant's text is ISO-8601.
      case STRING, ENUM, TIME -> out.writeString(value.toString());
    }
  }
}
