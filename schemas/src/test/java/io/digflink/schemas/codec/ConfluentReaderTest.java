package io.digflink.schemas.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.digflink.schemas.GenerationRequest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;
import org.junit.jupiter.api.Test;

class ConfluentReaderTest {
  private static final String OWN = GenerationRequest.getClassSchema().toString();

  /** As a tool makes one from a table: another name, few columns, all of them optional. */
  private static final String OF_A_TABLE =
      "{\"type\":\"record\",\"name\":\"record\",\"namespace\":\"org.example\",\"fields\":["
          + "{\"name\":\"request_id\",\"type\":[\"null\",\"string\"]},"
          + "{\"name\":\"model\",\"type\":[\"null\",\"string\"]},"
          + "{\"name\":\"seed\",\"type\":\"int\"},"
          + "{\"name\":\"extra\",\"type\":\"bytes\"}]}";

  @Test
  void readsWhatTheWriterWrites() throws IOException {
    GenerationRequest request = Version1Samples.request();
    byte[] bytes = new ConfluentWriter<>(GenerationRequest.class, 258).encode(request);

    assertThat(HexFormat.of().formatHex(bytes, 0, 5)).isEqualTo("0000000102");
    assertThat(ConfluentReader.idOf(bytes)).isEqualTo(258);
    assertThat(reader(258, "AVRO", OWN).decode(bytes)).isEqualTo(request);
  }

  @Test
  void readsARecordOfASchemaThatAToolMade() throws IOException {
    GenericRecord row = new GenericData.Record(new Schema.Parser().parse(OF_A_TABLE));
    row.put("request_id", "a");
    row.put("model", "m");
    row.put("seed", 7);
    row.put("extra", ByteBuffer.wrap(new byte[] {1}));

    assertThat(reader(3, "AVRO", OF_A_TABLE).decode(confluent(3, row)))
        .isEqualTo(
            GenerationRequest.newBuilder().setRequestId("a").setModel("m").setSeed(7).build());
  }

  @Test
  void aNullWhereTheRequestHasNoneIsMalformed() throws IOException {
    GenericRecord row = new GenericData.Record(new Schema.Parser().parse(OF_A_TABLE));
    row.put("seed", 7);
    row.put("extra", ByteBuffer.wrap(new byte[] {1}));
    byte[] bytes = confluent(3, row);

    assertThatThrownBy(() -> reader(3, "AVRO", OF_A_TABLE).decode(bytes))
        .isInstanceOf(RecordFormatException.class)
        .hasMessageStartingWith("Expected a GenerationRequest of the registry's schema 3, found");
  }

  private static byte[] confluent(int id, GenericRecord row) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(ByteBuffer.allocate(5).put((byte) 0).putInt(id).array());
    BinaryEncoder encoder = EncoderFactory.get().directBinaryEncoder(out, null);
    new GenericDatumWriter<GenericRecord>(row.getSchema()).write(row, encoder);
    encoder.flush();
    return out.toByteArray();
  }

  @Test
  void readsJsonBehindTheIdOfAJsonSchema() throws IOException {
    byte[] json = JsonCodec.of(GenerationRequest.class).encode(Version1Samples.request());
    byte[] bytes = ByteBuffer.allocate(5 + json.length).put((byte) 0).putInt(9).put(json).array();

    assertThat(reader(9, "JSON", "{}").decode(bytes)).isEqualTo(Version1Samples.request());
  }

  @Test
  void refusesARecordCutOrExtendedAtAnyByte() throws IOException {
    byte[] whole =
        new ConfluentWriter<>(GenerationRequest.class, 1).encode(Version1Samples.request());
    ConfluentReader<GenerationRequest> reader = reader(1, "AVRO", OWN);
    for (int length = 5; length <= whole.length + 1; length++) {
      byte[] other = Arrays.copyOf(whole, length);
      if (length != whole.length) {
        assertThatThrownBy(() -> reader.decode(other)).isInstanceOf(RecordFormatException.class);
      }
    }
    assertThatThrownBy(() -> ConfluentReader.idOf(new byte[] {0, 0, 1}))
        .hasMessageEndingWith("found 2 bytes");
  }

  @Test
  void refusesSchemasThatAreNoneOfARecord() {
    assertThatThrownBy(() -> reader(4, "PROTOBUF", "syntax"))
        .isInstanceOf(UnknownSchemaException.class)
        .hasMessage(
            "Expected the registry's schema 4 to be an Avro record or a JSON Schema of a"
                + " GenerationRequest, found one of type PROTOBUF");
    assertThatThrownBy(() -> reader(4, "AVRO", "\"string\""))
        .hasMessageEndingWith("found a schema of type STRING");
    assertThatThrownBy(() -> reader(4, "AVRO", "{nonsense"))
        .hasMessageContaining("found one that cannot be parsed (");
  }

  private static ConfluentReader<GenerationRequest> reader(int id, String type, String text)
      throws UnknownSchemaException {
    return new ConfluentReader<>(GenerationRequest.class, new RegisteredSchema(id, type, text));
  }
}
