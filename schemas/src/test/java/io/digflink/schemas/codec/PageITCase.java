package io.digflink.schemas.codec;

import static org.assertj.core.api.Assertions.assertThat;

import io.digflink.schemas.RejectReason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.avro.JsonProperties;
import org.apache.avro.Schema;
import org.apache.avro.SchemaNormalization;
import org.junit.jupiter.api.Test;

/**
 * The module's page: what the schemas say is made from them. With {@code -Ddig.page.write=true} the
 * page is written instead of compared.
 */
class PageITCase {
  private static final Path PAGE = Path.of("README.md");
  private static final boolean WRITES = Boolean.getBoolean("dig.page.write");

  @Test
  void thePageHasTheHeadersOfAllReleasedSchemas() throws IOException {
    StringBuilder table =
        new StringBuilder("| record | version | first ten bytes |\n| --- | --- | --- |\n");
    schemas()
        .flatMap(schema -> ReleasedSchemas.upTo(schema).stream())
        .forEach(
            schema ->
                table.append(
                    String.format(
                        "| %s | %s | `%s` |%n",
                        schema.getName(), schema.getObjectProp("version"), header(schema))));
    assertGenerated("headers", table.toString());
  }

  private static String header(Schema schema) {
    long fingerprint = Long.reverseBytes(SchemaNormalization.parsingFingerprint64(schema));
    String hex = HexFormat.of().withUpperCase().toHexDigits(fingerprint);
    return "C3 01 " + String.join(" ", hex.split("(?<=\\G..)"));
  }

  @Test
  void thePageHasTheFieldsOfAllRecords() throws IOException {
    String text =
        schemas()
            .map(
                schema ->
                    String.format(
                        "### %s, version %s%n%n%s%n%n| field | in JSON | default | meaning |%n"
                            + "| --- | --- | --- | --- |%n%s",
                        schema.getName(),
                        schema.getObjectProp("version"),
                        schema.getDoc(),
                        rows(schema)))
            .collect(Collectors.joining("\n"));
    assertGenerated("fields", text);
  }

  private static String rows(Schema schema) {
    return schema.getFields().stream()
        .map(
            field ->
                String.format(
                    "| `%s` | %s | %s | %s |%n",
                    field.name(),
                    kindOf(field.schema()),
                    defaultOf(field),
                    field.doc().replace("|", "\\|")))
        .collect(Collectors.joining());
  }

  private static String kindOf(Schema type) {
    JsonKind kind = JsonKind.of(type);
    return kind == JsonKind.ENUM
        ? String.join(", ", JsonKind.withoutNull(type).getEnumSymbols())
        : String.join(" or ", kind.jsonTypes());
  }

  private static String defaultOf(Schema.Field field) {
    if (!field.hasDefaultValue()) {
      return "**required**";
    }
    Object value = field.defaultVal();
    return value == JsonProperties.NULL_VALUE ? "null" : "`" + value + "`";
  }

  @Test
  void thePageSaysWhatToDoAboutEveryReason() throws IOException {
    String page = Files.readString(PAGE);

    for (RejectReason reason : RejectReason.values()) {
      assertThat(page).containsOnlyOnce("\n| `" + reason + "` | ");
    }
  }

  private static Stream<Schema> schemas() {
    return RecordCodecTest.samples().map(sample -> sample.getSchema());
  }

  private static void assertGenerated(String part, String expected) throws IOException {
    String page = Files.readString(PAGE);
    String begin = "<!-- generated: " + part + " -->\n";
    int from = page.indexOf(begin) + begin.length();
    int to = page.indexOf("<!-- end -->", from);
    assertThat(List.of(from, to)).as("marks of " + part).allMatch(at -> at >= begin.length());
    if (WRITES) {
      Files.writeString(PAGE, page.substring(0, from) + expected + page.substring(to));
    } else {
      assertThat(page.substring(from, to)).isEqualTo(expected);
    }
  }
}
