package io.digflink.schemas.codec;

import static org.assertj.core.api.Assertions.assertThat;

import io.digflink.schemas.GenerationRequest;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WireFormatTest {
  private static final String JSON = "{\"request_id\":\"a\",\"model\":\"m\"}";

  @Test
  void firstBytesTellTheFormat() {
    byte[] avro = RecordCodec.of(GenerationRequest.class).encode(Version1Samples.request());

    assertThat(WireFormat.of(avro)).contains(WireFormat.SINGLE_OBJECT);
    assertThat(WireFormat.of(JSON.getBytes(StandardCharsets.UTF_8))).contains(WireFormat.JSON);
    assertThat(WireFormat.of(new byte[] {0, 0, 0, 0, 7})).contains(WireFormat.CONFLUENT);
  }

  @Test
  void aBareAvroBodyHasNoFormat() {
    byte[] avro = RecordCodec.of(GenerationRequest.class).encode(Version1Samples.request());
    byte[] bare = Arrays.copyOfRange(avro, 10, avro.length);

    assertThat(WireFormat.of(bare)).isEmpty();
    assertThat(WireFormat.describe(bare))
        .contains("bytes that begin 0C 72 2D 31")
        .endsWith("(an Avro body without a header, perhaps)");
  }

  @Test
  void anEmptyValueHasNoFormat() {
    assertThat(WireFormat.of(new byte[0])).isEmpty();
    assertThat(WireFormat.describe(new byte[0])).isEqualTo("an empty value");
  }

  @ParameterizedTest
  @CsvSource({
    "31 139 8 0, gzip: let the producer's compression.type compress",
    "239 187 191 123, a byte-order mark: leave it out",
    "79 98 106 1, an Avro file",
    "91 123, a JSON array: send its elements one by one",
    "34 123, a JSON string: send the object itself",
    "32 123, white space: begin with the object",
    "10, white space: begin with the object",
    "195 2, an Avro body without a header"
  })
  void whatProducersGetWrongHasAHint(String bytes, String hint) {
    String[] numbers = bytes.split(" ");
    byte[] value = new byte[numbers.length];
    for (int i = 0; i < value.length; i++) {
      value[i] = (byte) Integer.parseInt(numbers[i]);
    }

    assertThat(WireFormat.of(value)).isEmpty();
    assertThat(WireFormat.describe(value)).contains("bytes that begin ").contains(hint);
  }
}
