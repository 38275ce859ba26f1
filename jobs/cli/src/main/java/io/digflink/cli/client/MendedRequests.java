package io.digflink.cli.client;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.digflink.schemas.GenerationRequest;
import io.digflink.schemas.codec.FieldFormatException;
import io.digflink.schemas.codec.JsonCodec;
import io.digflink.schemas.codec.RecordCodec;
import java.io.IOException;
import java.util.Map;
import org.apache.avro.Schema;

/** Gives fields of requests other values. */
public final class MendedRequests {
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  private final JsonCodec<GenerationRequest> json = JsonCodec.of(GenerationRequest.class);
  private final RecordCodec<GenerationRequest> avro = RecordCodec.of(GenerationRequest.class);
  private final RecordReader<GenerationRequest> reader;
  private final Map<String, String> fields;

  /**
   * @param fields values by field, as JSON or, of a field that is a string, the string itself
   * @throws IllegalArgumentException if there is no such field, or it cannot have the value
   */
  public MendedRequests(Map<String, String> fields, RecordReader<GenerationRequest> reader)
      throws IOException {
    this.fields = Map.copyOf(fields);
    this.reader = reader;
    GenerationRequest any =
        GenerationRequest.newBuilder().setRequestId("any").setModel("any").build();
    try {
      mended(any);
    } catch (FieldFormatException e) {
      throw new IllegalArgumentException("--set: " + e.getMessage(), e);
    }
  }

  /**
   * The request to send in place of another one.
   *
   * @return its bytes; the same as given if no field changes
   * @throws IOException if the bytes are no request
   */
  byte[] mend(byte[] original) throws IOException, InterruptedException {
    return fields.isEmpty() ? original : avro.encode(mended(reader.read(original)));
  }

  private GenerationRequest mended(GenerationRequest request) throws IOException {
    ObjectNode tree = (ObjectNode) JSON.readTree(json.encode(request));
    fields.forEach((name, value) -> tree.set(name, valueOf(name, value)));
    return json.decode(JSON.writeValueAsBytes(tree));
  }

  private static JsonNode valueOf(String name, String value) {
    Schema.Field field = GenerationRequest.getClassSchema().getField(name);
    if (field != null && field.schema().getType() == Schema.Type.STRING) {
      return TextNode.valueOf(value);
    }
    try {
      return value.isBlank() ? TextNode.valueOf(value) : JSON.readTree(value);
    } catch (JsonProcessingException e) {
      return TextNode.valueOf(value);
    }
  }
}
