package io.digflink.schemas.codec;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import org.apache.avro.Schema;
import org.apache.avro.specific.SpecificRecordBase;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The JSON Schemas that the build puts into the jar. */
class JsonSchemasITCase {
  @ParameterizedTest
  @MethodSource("io.digflink.schemas.codec.RecordCodecTest#samples")
  void theJarHasOneForEveryRecordWithAllItsFields(SpecificRecordBase sample) throws IOException {
    Schema avro = sample.getSchema();
    JsonNode schema = published(avro.getName());

    assertThat(schema.get("additionalProperties").booleanValue()).isFalse();
    assertThat(schema.get("properties").fieldNames())
        .toIterable()
        .containsExactlyElementsOf(avro.getFields().stream().map(Schema.Field::name).toList());
    for (Schema.Field field : avro.getFields()) {
      JsonNode property = schema.get("properties").get(field.name());
      assertThat(property.get("description").textValue()).isEqualTo(field.doc());
      assertThat(property.has("default")).isEqualTo(field.hasDefaultValue());
    }
  }

  @Test
  void aRequestNeedsAnIdAndAModelAndHasTheDefaultsOfTheAvroSchema() throws IOException {
    JsonNode request = published("GenerationRequest");
    JsonNode properties = request.get("properties");

    assertThat(request.get("required")).hasToString("[\"request_id\",\"model\"]");
    assertThat(properties.get("steps").get("default").intValue()).isEqualTo(50);
    assertThat(properties.get("seed").get("type")).hasToString("[\"integer\",\"string\",\"null\"]");
    assertThat(properties.get("guidance_channels").get("enum"))
        .hasToString("[\"FIRST_THREE\",\"ALL\",null]");
    assertThat(properties.get("deadline").get("format").textValue()).isEqualTo("date-time");
  }

  private static JsonNode published(String record) throws IOException {
    try (InputStream in =
        JsonSchemas.class.getResourceAsStream(
            "/io/digflink/schemas/json/" + record + ".schema.json")) {
      return new ObjectMapper().readTree(in);
    }
  }
}
