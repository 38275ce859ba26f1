package io.digflink.schemas.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.digflink.schemas.GeneratedImage;
import io.digflink.schemas.GenerationRequest;
import io.digflink.schemas.GuidanceChannels;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.stream.Stream;
import org.apache.avro.specific.SpecificRecordBase;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class JsonCodecTest {
  private static final JsonCodec<GenerationRequest> REQUESTS =
      JsonCodec.of(GenerationRequest.class);

  static Stream<SpecificRecordBase> samples() {
    return RecordCodecTest.samples();
  }

  @ParameterizedTest
  @MethodSource("samples")
  <T extends SpecificRecordBase> void readsWhatItWrites(T sample) throws IOException {
    @SuppressWarnings("unchecked")
    JsonCodec<T> codec = JsonCodec.of((Class<T>) sample.getClass());

    assertThat(codec.decode(codec.encode(sample))).isEqualTo(sample);
  }

  @Test
  void writesPlainValuesUnderTheNamesOfTheSchema() {
    GeneratedImage image = Version1Samples.image();

    assertThat(new String(JsonCodec.of(GeneratedImage.class).encode(image), StandardCharsets.UTF_8))
        .startsWith("{\"request_id\":\"r-1\",\"index\":3,\"count\":12,\"label\":7,")
        .contains("\"seed\":-7000000000,")
        .contains("\"bytes\":\"AQID\",\"uri\":null,")
        .endsWith("\"completed_at\":\"2026-11-23T19:20:21.022Z\"}");
  }

  @Test
  void givesAbsentAndNullFieldsTheirDefaults() throws IOException {
    GenerationRequest expected =
        GenerationRequest.newBuilder().setRequestId("a").setModel("m").build();

    assertThat(decode("{\"request_id\":\"a\",\"model\":\"m\"}")).isEqualTo(expected);
    assertThat(
            decode(
                "{\"request_id\":\"a\",\"model\":\"m\",\"steps\":null,\"labels\":null,"
                    + "\"guidance_channels\":null,\"eta\":null,\"created_at\":null}"))
        .isEqualTo(expected);
  }

  @Test
  void aRecordsDefaultsAreItsOwn() throws IOException {
    decode("{\"request_id\":\"a\",\"model\":\"m\"}").getLabels().add(7);

    assertThat(decode("{\"request_id\":\"a\",\"model\":\"m\"}").getLabels()).isEmpty();
  }

  static Stream<Arguments> seeds() {
    return Stream.of(
        arguments("9007199254740993", 9_007_199_254_740_993L), // 2^53 + 1
        arguments("\"9007199254740993\"", 9_007_199_254_740_993L),
        arguments("9223372036854775807", Long.MAX_VALUE),
        arguments("\"-9223372036854775808\"", Long.MIN_VALUE),
        arguments("12.0", 12L),
        arguments("1.2e1", 12L),
        arguments("-0.0", 0L));
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void seedsAreExactAsNumbersAndAsStrings(String json, long seed) throws IOException {
    assertThat(decode(request("\"seed\":" + json)).getSeed()).isEqualTo(seed);
  }

  @Test
  void timesAreMillisecondsOrIso8601() throws IOException {
    Instant time = Instant.parse("2026-11-28T00:41:55.123Z");

    assertThat(decode(request("\"deadline\":" + time.toEpochMilli())).getDeadline())
        .isEqualTo(time);
    assertThat(decode(request("\"deadline\":\"2026-11-28T00:41:55.123Z\"")).getDeadline())
        .isEqualTo(time);
    assertThat(decode(request("\"deadline\":\"2026-11-28T01:41:55.123456+01:00\"")).getDeadline())
        .isEqualTo(time);
  }

  @Test
  void namesOfAnEnumAreReadInAnyCase() throws IOException {
    assertThat(decode(request("\"guidance_channels\":\"all\"")).getGuidanceChannels())
        .isEqualTo(GuidanceChannels.ALL);
  }

  static Stream<Arguments> fieldsAtFault() {
    return Stream.of(
        fault("\"__metadata__\":{\"v\":[1]}", "__metadata__", "no known field", "is the nearest"),
        fault("\"step\":5", "step", "no known field", "steps is the nearest; all are request_id, "),
        fault("\"requestID\":\"a\"", "requestID", "no known field", "request_id is the nearest"),
        fault("\"seed\":1,\"seed\":2", "seed", "given twice", "one value"),
        fault("\"eta\":{\"double\":0.5}", "eta", "an object", "a finite number"),
        fault("\"steps\":\"50\"", "steps", "the string \"50\"", "a whole number"),
        fault("\"steps\":2147483648", "steps", "2147483648", "2147483647"),
        fault("\"steps\":1.5", "steps", "1.5", "a whole number"),
        fault("\"steps\":1e999999999", "steps", "1e999999999", "a whole number"),
        fault("\"steps\":true", "steps", "true", "a whole number"),
        fault("\"seed\":9223372036854775808", "seed", "9223372036854775808", "64 bits"),
        fault("\"seed\":\"9223372036854775808\"", "seed", "9223372036854775808", "64 bits"),
        fault("\"seed\":\"0x7f\"", "seed", "0x7f", "a string of its digits"),
        fault("\"guidance_scale\":NaN", "guidance_scale", "NaN", "a finite number"),
        fault("\"guidance_scale\":-Infinity", "guidance_scale", "-Infinity", "a finite number"),
        fault("\"guidance_scale\":1e999", "guidance_scale", "1e999", "a finite number"),
        fault("\"steps\":NaN", "steps", "NaN", "a whole number"),
        fault("\"labels\":7", "labels", "7", "an array of whole numbers"),
        fault("\"labels\":[\"Bag\"]", "labels", "\"Bag\"", "an array of whole numbers"),
        fault("\"labels\":[1,[2,{\"a\":3}]]", "labels", "an array", "an array of whole numbers"),
        fault("\"labels\":[null]", "labels", "null", "an array of whole numbers"),
        fault("\"class_names\":[\"\\udead\"]", "class_names", "\\udead", "well-formed Unicode"),
        fault("\"sampler\":\"\\ud800x\"", "sampler", "\\ud800", "well-formed Unicode"),
        fault("\"guidance_channels\":\"RED\"", "guidance_channels", "RED", "FIRST_THREE, ALL"),
        fault(
            "\"deadline\":\"2026-11-28 00:41\"", "deadline", "2026-11-28", "ISO-8601 with a zone"),
        fault("\"deadline\":\"+999999999-12-31T00:00Z\"", "deadline", "+9999", "ISO-8601"));
  }

  private static Arguments fault(String json, String field, String value, String allowed) {
    return arguments(json, field, value, allowed);
  }

  @ParameterizedTest
  @MethodSource("fieldsAtFault")
  void namesTheFieldAtFaultAndTheRequest(String json, String field, String value, String allowed) {
    // The id comes behind the fault.
    FieldFormatException e =
        catchThrowableOfType(
            FieldFormatException.class,
            () -> decode("{" + json + ",\"model\":\"m\",\"request_id\":\"a\"}"));

    assertThat(e.field()).isEqualTo(field);
    assertThat(e.value()).contains(value);
    assertThat(e.allowed()).contains(allowed);
    assertThat(e).hasMessage(e.field() + " is " + e.value() + "; allowed: " + e.allowed());
    assertThat(e.requestId()).isEqualTo("a");
  }

  @Test
  void namesTheRequiredFieldThatIsAbsentOrNull() {
    for (String json :
        new String[] {"{\"model\":\"m\"}", "{\"request_id\":null,\"model\":\"m\"}"}) {
      assertThat(catchThrowableOfType(FieldFormatException.class, () -> decode(json)))
          .hasMessage("request_id is absent; allowed: a string: the field is required");
    }
    assertThat(
            catchThrowableOfType(
                FieldFormatException.class, () -> decode("{\"request_id\":\"a\"}")))
        .hasMessageStartingWith("model is absent")
        .extracting(RecordFormatException::requestId)
        .isEqualTo("a");
  }

  static Stream<Arguments> malformed() {
    return Stream.of(
        arguments("{\"request_id\":\"a\",\"model\":\"m\"", "Unexpected end-of-input"),
        arguments("{\"request_id\":\"a\",\"model\":\"m\"}\n{}", "more after it"),
        arguments("{\"request_id\":\"a\",\"model\":\"m\"}]", "Unexpected close marker"),
        arguments("{'request_id':'a'}", "was expecting double-quote"),
        arguments("{\"request_id\":\"a\",}", "was expecting double-quote"),
        arguments("{\"request_id\":\"a\" // a comment\n}", "maybe a (non-standard) comment"),
        arguments("{\"a\":" + "[".repeat(100) + "]".repeat(100) + "}", "nesting depth"),
        arguments("{\"seed\":" + "1".repeat(2_000) + "}", "Number value length"));
  }

  @ParameterizedTest
  @MethodSource("malformed")
  void refusesWhatIsNotOneJsonObject(String json, String message) {
    RecordFormatException e = catchThrowableOfType(RecordFormatException.class, () -> decode(json));

    assertThat(e).isNotInstanceOf(FieldFormatException.class).hasMessageContaining(message);
  }

  @Test
  void refusesWhatIsNotUtf8() {
    byte[] utf16 = request("\"seed\":1").getBytes(StandardCharsets.UTF_16LE);
    byte[] latin1 = request("\"sampler\":\"\u00fc\"").getBytes(StandardCharsets.ISO_8859_1);

    assertThat(catchThrowableOfType(RecordFormatException.class, () -> REQUESTS.decode(utf16)))
        .hasMessageContaining("send UTF-8, not UTF-16");
    assertThat(catchThrowableOfType(RecordFormatException.class, () -> REQUESTS.decode(latin1)))
        .hasMessageContaining("Invalid UTF-8");
  }

  @Test
  void refusesARecordCutAtAnyByte() {
    byte[] whole = REQUESTS.encode(Version1Samples.request());
    for (int length = 0; length < whole.length; length++) {
      byte[] cut = Arrays.copyOf(whole, length);
      assertThat(catchThrowableOfType(RecordFormatException.class, () -> REQUESTS.decode(cut)))
          .isNotNull();
    }
  }

  @Test
  @Timeout(10)
  void refusesTwentyMegabytesOfNestedBracketsAtOnce() {
    byte[] nested = new byte[20 << 20];
    Arrays.fill(nested, (byte) '[');
    byte[] begin = "{\"request_id\":\"a\",\"labels\":".getBytes(StandardCharsets.UTF_8);
    System.arraycopy(begin, 0, nested, 0, begin.length);

    RecordFormatException e =
        catchThrowableOfType(RecordFormatException.class, () -> REQUESTS.decode(nested));

    assertThat(e).hasMessageContaining("nesting depth (17) exceeds the maximum allowed (16");
    assertThat(e.requestId()).isEqualTo("a");
  }

  private static GenerationRequest decode(String json) throws RecordFormatException {
    return REQUESTS.decode(json.getBytes(StandardCharsets.UTF_8));
  }

  private static String request(String fields) {
    return "{\"request_id\":\"a\",\"model\":\"m\"," + fields + "}";
  }
}
