package io.digflink.synthesis.spec;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.exc.ValueInstantiationException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.digflink.jobs.files.FileProblem;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;

/** Reads specifications from YAML, and writes them in the one form that digests are made of. */
public final class SpecReader {
  private static final ObjectMapper YAML =
      YAMLMapper.builder()
          .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .enable(MapperFeature.ACCEPT_CASE_INSENSITIVE_ENUMS)
          .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
          .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
          .build();
  private static final ObjectMapper CANONICAL =
      JsonMapper.builder()
          .enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS)
          .enable(MapperFeature.SORT_PROPERTIES_ALPHABETICALLY)
          .build();

  private SpecReader() {}

  /**
   * Reads a specification.
   *
   * @throws SpecException if it is none; the message has the place and what was expected
   */
  public static SynthesisSpec read(Path file) throws SpecException {
    String text;
    try {
      text = Files.readString(file);
    } catch (IOException e) {
      throw new SpecException(
          "Expected a specification in "
              + file
              + ", which cannot be read: "
              + FileProblem.of(e)
              + ". --example-spec prints one to start from",
          e);
    }
    return parse(text, file.toString());
  }

  /**
   * Reads a specification.
   *
   * @param name what messages call it
   * @throws SpecException if it is none; the message has the place and what was expected
   */
  public static SynthesisSpec parse(String yaml, String name) throws SpecException {
    try {
      JsonNode document = YAML.readTree(yaml);
      if (!document.isObject()) {
        throw new SpecException(
            "Expected keys and values in " + name + ": --example-spec prints some to start from");
      }
      checkKeys(document, name);
      return YAML.readValue(yaml, SynthesisSpec.class);
    } catch (JsonProcessingException e) {
      throw new SpecException(name + lineOf(e) + ": " + explain(e), e);
    }
  }

  /** The commented example: 200 images of the demo model. */
  public static String example() {
    try (InputStream in = SpecReader.class.getResourceAsStream("example-spec.yaml")) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The specification as JSON with every default written out and keys in order. */
  public static String canonical(SynthesisSpec spec) {
    try {
      return CANONICAL.writeValueAsString(spec);
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void checkKeys(JsonNode document, String name) throws SpecException {
    try {
      SpecKeys.check(document, SynthesisSpec.class);
    } catch (SpecException e) {
      throw new SpecException(name + ": " + e.getMessage());
    }
  }

  private static String lineOf(JsonProcessingException e) {
    JsonLocation location = e.getLocation();
    return location == null || location.getLineNr() < 1 ? "" : " line " + location.getLineNr();
  }

  private static String explain(JsonProcessingException e) {
    if (e instanceof ValueInstantiationException invalid && invalid.getCause() != null) {
      return invalid.getCause().getMessage();
    }
    if (e instanceof JsonMappingException mapping && !mapping.getPath().isEmpty()) {
      return pathOf(mapping) + ": " + e.getOriginalMessage();
    }
    return e.getOriginalMessage();
  }

  private static String pathOf(JsonMappingException e) {
    return e.getPath().stream()
        .map(step -> step.getFieldName() == null ? "" + step.getIndex() : step.getFieldName())
        .collect(Collectors.joining("."));
  }
}
