package io.digflink.export.checkpoint;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.util.Map;

/** The JSON of checkpoints: strict, and bounded in depth and in the length of strings. */
final class CheckpointJson {
  private static final int MAX_DEPTH = 64;
  private static final int MAX_STRING = 1 << 20;

  private static final ObjectMapper MAPPER =
      JsonMapper.builder(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder()
                          .maxNestingDepth(MAX_DEPTH)
                          .maxStringLength(MAX_STRING)
                          .build())
                  .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                  .build())
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.USE_LONG_FOR_INTS)
          .build();

  private CheckpointJson() {}

  /**
   * Parses an object.
   *
   * @param label what the JSON is, for messages
   */
  static JsonNode object(String label, byte[] json) throws CheckpointException {
    JsonNode node;
    try {
      node = MAPPER.readTree(json);
    } catch (IOException e) {
      throw new CheckpointException("%s is not valid JSON: %s".formatted(label, e.getMessage()), e);
    }
    if (!node.isObject()) {
      throw new CheckpointException("%s is not a JSON object".formatted(label));
    }
    return node;
  }

  /** An object as plain values, in its order. */
  static Map<String, Object> plain(JsonNode object) {
    return MAPPER.convertValue(object, new TypeReference<Map<String, Object>>() {});
  }
}
