package io.digflink.schemas.codec;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import io.digflink.schemas.GeneratedImage;
import io.digflink.schemas.GenerationRequest;
import io.digflink.schemas.ImagePreview;
import io.digflink.schemas.RejectedRequest;
import io.digflink.schemas.RequestProgress;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.avro.JsonProperties;
import org.apache.avro.Schema;

/** JSON Schemas of the records as {@link JsonCodec} reads and writes them, made from the Avro. */
public final class JsonSchemas {
  private static final JsonFactory FACTORY = new JsonFactory();

  private JsonSchemas() {}

  /** The build calls this: writes {@code Record.schema.json} for every record to a directory. */
  public static void main(String[] arguments) throws IOException {
    Path directory = Files.createDirectories(Path.of(arguments[0]));
    for (Schema schema :
        List.of(
            GenerationRequest.getClassSchema(),
            GeneratedImage.getClassSchema(),
            RequestProgress.getClassSchema(),
            RejectedRequest.getClassSchema(),
            ImagePreview.getClassSchema())) {
      Files.writeString(directory.resolve(schema.getName() + ".schema.json"), of(schema) + "\n");
    }
  }

  /** The JSON Schema (draft 2020-12) of a record. */
  public static String of(Schema record) {
    StringWriter text = new StringWriter();
    try (JsonGenerator out = FACTORY.createGenerator(text)) {
      out.setPrettyPrinter(new DefaultPrettyPrinter());
      out.writeStartObject();
      out.writeStringField("$schema", "https://json-schema.org/draft/2020-12/schema");
      out.writeStringField(
          "title", record.getName() + ", version " + record.getObjectProp("version"));
      out.writeStringField("description", record.getDoc());
      out.writeStringField("type", "object");
      out.writeBooleanField("additionalProperties", false);
      out.writeArrayFieldStart("required");
      for (Schema.Field field : record.getFields()) {
        if (!field.hasDefaultValue()) {
          out.writeString(field.name());
        }
      }
      out.writeEndArray();
      out.writeObjectFieldStart("properties");
      for (Schema.Field field : record.getFields()) {
        write(field, out);
      }
      out.writeEndObject();
      out.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return text.toString();
  }

  private static void write(Schema.Field field, JsonGenerator out) throws IOException {
    out.writeObjectFieldStart(field.name());
    out.writeStringField("description", field.doc());
    JsonKind kind = JsonKind.of(field.schema());
    out.writeArrayFieldStart("type");
    for (String type : kind.jsonTypes()) {
      out.writeString(type);
    }
    if (field.hasDefaultValue()) {
      out.writeString("null"); // stands for the default
    }
    out.writeEndArray();
    switch (kind) {
      case INT -> writeRange(Integer.MIN_VALUE, Integer.MAX_VALUE, out);
      case LONG -> {
        writeRange(Long.MIN_VALUE, Long.MAX_VALUE, out);
        out.writeStringField("pattern", "^-?[0-9]{1,19}$");
      }
      case TIME -> out.writeStringField("format", "date-time");
      case BYTES -> out.writeStringField("contentEncoding", "base64");
      case ENUM -> {
        out.writeArrayFieldStart("enum");
        for (String symbol : JsonKind.withoutNull(field.schema()).getEnumSymbols()) {
          out.writeString(symbol);
        }
        if (field.hasDefaultValue()) {
          out.writeNull();
        }
        out.writeEndArray();
      }
      case INTS, STRINGS -> {
        out.writeObjectFieldStart("items");
        out.writeStringField("type", kind == JsonKind.INTS ? "integer" : "string");
        out.writeEndObject();
      }
      case STRING, DOUBLE -> {}
    }
    if (field.hasDefaultValue()) {
      out.writeFieldName("default");
      writeDefault(field.defaultVal(), out);
    }
    out.writeEndObject();
  }

  private static void writeRange(long least, long most, JsonGenerator out) throws IOException {
    out.writeNumberField("minimum", least);
    out.writeNumberField("maximum", most);
  }

  private static void writeDefault(Object value, JsonGenerator out) throws IOException {
    if (value == JsonProperties.NULL_VALUE) {
      out.writeNull();
    } else if (value instanceof List<?> list && list.isEmpty()) {
      out.writeStartArray();
      out.writeEndArray();
    } else if (value instanceof Double number) {
      out.writeNumber(number);
    } else if (value instanceof Number number) {
      out.writeNumber(number.longValue());
    } else if (value instanceof String text) {
      out.writeString(text);
    } else {
      throw new IllegalStateException("Expected a default of a known type, found " + value);
    }
  }
}
