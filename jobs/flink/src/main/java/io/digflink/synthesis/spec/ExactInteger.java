package io.digflink.synthesis.spec;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.JsonDeserializer;
import com.fasterxml.jackson.databind.JsonSerializer;
import com.fasterxml.jackson.databind.SerializerProvider;
import java.io.IOException;

/**
 * An integer that no reader of JSON rounds: beyond 2^53, where JavaScript and others lose the last
 * digits, it is text. Both forms are read.
 */
final class ExactInteger {
  private static final long EXACT = 1L << 53;

  private ExactInteger() {}

  /** Writes either form. */
  static final class Writer extends JsonSerializer<Long> {
    @Override
    public void serialize(Long value, JsonGenerator out, SerializerProvider provider)
        throws IOException {
      if (value > -EXACT && value < EXACT) {
        out.writeNumber(value);
      } else {
        out.writeString(value.toString());
      }
    }
  }

  /** Reads either form. */
  static final class Reader extends JsonDeserializer<Long> {
    @Override
    public Long deserialize(JsonParser in, DeserializationContext context) throws IOException {
      if (in.hasToken(JsonToken.VALUE_STRING)) {
        try {
          return Long.valueOf(in.getText());
        } catch (NumberFormatException e) {
          return (Long) context.handleWeirdStringValue(Long.class, in.getText(), "not an integer");
        }
      }
      if (in.hasToken(JsonToken.VALUE_NUMBER_INT)) {
        return in.getLongValue();
      }
      return (Long) context.handleUnexpectedToken(Long.class, in);
    }
  }
}
