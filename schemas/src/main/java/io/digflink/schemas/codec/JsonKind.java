package io.digflink.schemas.codec;

import java.util.List;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;

/** What a field is in JSON. Every type that the records of this module use has one. */
enum JsonKind {
  STRING("a string", "string"),
  INT("a whole number from -2147483648 to 2147483647", "integer"),
  LONG("a whole number of 64 bits, or a string of its digits", "integer", "string"),
  DOUBLE("a finite number", "number"),
  ENUM("one of its names", "string"),
  TIME(
      "milliseconds since 1970, or ISO-8601 with a zone such as 2026-11-28T00:41:55.123Z",
      "integer",
      "string"),
  BYTES("a string in base64", "string"),
  INTS("an array of whole numbers", "array"),
  STRINGS("an array of strings", "array");

  private final String allowed;
  private final List<String> jsonTypes;

  JsonKind(String allowed, String... jsonTypes) {
    this.allowed = allowed;
    this.jsonTypes = List.of(jsonTypes);
  }

  /** The types of JSON Schema that its values may have. */
  List<String> jsonTypes() {
    return jsonTypes;
  }

  /** What a value must be, for a message. */
  String allowed() {
    return allowed;
  }

  /**
   * The kind of a field.
   *
   * @throws IllegalArgumentException if JSON has no form for its type yet
   */
  static JsonKind of(Schema type) {
    Schema plain = withoutNull(type);
    return switch (plain.getType()) {
      case STRING -> STRING;
      case INT -> INT;
      case LONG -> plain.getLogicalType() instanceof LogicalTypes.TimestampMillis ? TIME : LONG;
      case DOUBLE -> DOUBLE;
      case ENUM -> ENUM;
      case BYTES -> BYTES;
      case ARRAY ->
          switch (plain.getElementType().getType()) {
            case INT -> INTS;
            case STRING -> STRINGS;
            default -> throw unknown(type);
          };
      default -> throw unknown(type);
    };
  }

  /** The type of a union with null without the null; any other type as it is. */
  static Schema withoutNull(Schema type) {
    if (!type.isUnion()) {
      return type;
    }
    List<Schema> others = type.getTypes().stream().filter(t -> !isNull(t)).toList();
    if (others.size() != 1) {
      throw unknown(type);
    }
    return others.get(0);
  }

  private static boolean isNull(Schema type) {
    return type.getType() == Schema.Type.NULL;
  }

  private static IllegalArgumentException unknown(Schema type) {
    return new IllegalArgumentException("Expected a type that has a form in JSON, found " + type);
  }
}
