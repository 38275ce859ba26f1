package io.digflink.schemas.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.digflink.schemas.GeneratedImage;
import io.digflink.schemas.GenerationRequest;
import io.digflink.schemas.RejectReason;
import io.digflink.schemas.RejectedRequest;
import io.digflink.schemas.RequestProgress;
import io.digflink.schemas.RequestState;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.avro.Schema;
import org.apache.avro.SchemaCompatibility;
import org.apache.avro.SchemaCompatibility.SchemaCompatibilityType;
import org.apache.avro.SchemaNormalization;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.message.BinaryMessageEncoder;
import org.apache.avro.specific.SpecificRecordBase;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class RecordCodecTest {
  private static final RecordCodec<GenerationRequest> REQUESTS =
      RecordCodec.of(GenerationRequest.class);

  static Stream<SpecificRecordBase> samples() {
    return Stream.of(
        Version1Samples.request(),
        Version1Samples.image(),
        Version1Samples.progress(),
        Version1Samples.reject(),
        Version1Samples.preview());
  }

  @ParameterizedTest
  @MethodSource("samples")
  void readsTheGoldenBytesOfVersion1(SpecificRecordBase sample) throws IOException {
    byte[] golden = golden("v1/" + sample.getSchema().getName() + ".bin");

    assertThat(RecordCodec.of(sample.getClass()).decode(golden)).isEqualTo(sample);
  }

  private static byte[] golden(String name) throws IOException {
    try (InputStream in = RecordCodecTest.class.getResourceAsStream("/golden/" + name)) {
      return in.readAllBytes();
    }
  }

  @Test
  void readsTheGoldenBytesOfVersion2() throws IOException {
    GenerationRequest request = LaterSamples.requestOfVersion2();

    assertThat(RecordCodec.of(RejectedRequest.class).decode(golden("v2/RejectedRequest.bin")))
        .isEqualTo(rejectOfVersion2());
    assertThat(RecordCodec.of(RequestProgress.class).decode(golden("v2/RequestProgress.bin")))
        .isEqualTo(LaterSamples.progressOfVersion2());
    assertThat(REQUESTS.decode(golden("v2/GenerationRequest.bin"))).isEqualTo(request);
    assertThat(REQUESTS.encode(request)).isEqualTo(golden("v2/GenerationRequest.bin"));
  }

  @Test
  void readsTheGoldenBytesOfVersion3() throws IOException {
    RequestProgress progress = LaterSamples.progressOfVersion3();
    RejectedRequest reject = LaterSamples.rejectOfVersion3();

    RecordCodec<RequestProgress> ofProgress = RecordCodec.of(RequestProgress.class);
    assertThat(ofProgress.decode(golden("v3/RequestProgress.bin"))).isEqualTo(progress);
    assertThat(ofProgress.encode(progress)).isEqualTo(golden("v3/RequestProgress.bin"));
    RecordCodec<RejectedRequest> ofRejects = RecordCodec.of(RejectedRequest.class);
    assertThat(ofRejects.decode(golden("v3/RejectedRequest.bin"))).isEqualTo(reject);
    assertThat(ofRejects.encode(reject)).isEqualTo(golden("v3/RejectedRequest.bin"));
  }

  @Test
  void aRequestOfVersion1HasNoTenantTheMiddlePriorityAndNoPreviews() throws IOException {
    GenerationRequest request = REQUESTS.decode(golden("v1/GenerationRequest.bin"));

    assertThat(request.getTenant()).isNull();
    assertThat(request.getPriority()).isEqualTo(5);
    assertThat(request.getPreviewEvery()).isZero();
  }

  @Test
  void aStateOfVersion3IsUnknownToAReaderOfVersion2() throws IOException {
    Schema version2 = ReleasedSchemas.upTo(RequestProgress.getClassSchema()).get(1);
    byte[] bytes = golden("v3/RequestProgress.bin");

    GenericRecord read =
        new GenericDatumReader<GenericRecord>(RequestProgress.getClassSchema(), version2)
            .read(null, DecoderFactory.get().binaryDecoder(bytes, 10, bytes.length - 10, null));

    assertThat(version2.getObjectProp("version")).isEqualTo(2);
    assertThat(read.get("state")).hasToString("UNKNOWN");
    assertThat(read.get("images_done")).isEqualTo(3);
  }

  private static RejectedRequest rejectOfVersion2() {
    RejectedRequest reject = Version1Samples.reject();
    reject.setReason(RejectReason.NOT_FINITE);
    return reject;
  }

  @Test
  void aReasonOfVersion2IsOtherToAReaderOfVersion1() throws IOException {
    Schema version1 = ReleasedSchemas.upTo(RejectedRequest.getClassSchema()).get(0);
    byte[] bytes = RecordCodec.of(RejectedRequest.class).encode(rejectOfVersion2());

    GenericRecord read =
        new GenericDatumReader<GenericRecord>(RejectedRequest.getClassSchema(), version1)
            .read(null, DecoderFactory.get().binaryDecoder(bytes, 10, bytes.length - 10, null));

    assertThat(version1.getObjectProp("version")).isEqualTo(1);
    assertThat(read.get("reason")).hasToString("OTHER");
    assertThat(read.get("request_id")).hasToString("r-1");
  }

  /** Whoever changes a schema gives it a new version and keeps a copy of the file as released. */
  @ParameterizedTest
  @MethodSource("samples")
  void isTheSchemaThatIsKeptAsReleasedUnderItsVersion(SpecificRecordBase sample) {
    List<Schema> released = ReleasedSchemas.upTo(sample.getSchema());

    assertThat(released)
        .extracting(schema -> schema.getObjectProp("version"))
        .isEqualTo(IntStream.rangeClosed(1, released.size()).boxed().toList());
    Schema last = released.get(released.size() - 1);
    assertThat(SchemaNormalization.toParsingForm(last))
        .isEqualTo(SchemaNormalization.toParsingForm(sample.getSchema()));
    assertThat(last.getFields())
        .extracting(Schema.Field::defaultVal)
        .isEqualTo(sample.getSchema().getFields().stream().map(Schema.Field::defaultVal).toList());
  }

  @ParameterizedTest
  @MethodSource("samples")
  void documentsEveryFieldOfEveryRecord(SpecificRecordBase sample) {
    Schema schema = sample.getSchema();

    assertThat(schema.getDoc()).isNotBlank();
    assertThat(schema.getFields()).allSatisfy(field -> assertThat(field.doc()).isNotBlank());
  }

  @Test
  void readsARecordWithAFieldOfALaterVersion() throws IOException {
    Schema later = progressWithOneMoreField();
    GenericRecord written = new GenericData.Record(later);
    written.put("request_id", "r-2");
    written.put("state", new GenericData.EnumSymbol(later.getField("state").schema(), "RUNNING"));
    written.put("images", 5);
    written.put("images_done", 1);
    written.put("at", 1_000L);
    written.put("later", "something");
    ByteBuffer bytes = new BinaryMessageEncoder<>(GenericData.get(), later).encode(written);

    RequestProgress read =
        RecordCodec.of(RequestProgress.class, later)
            .decode(Arrays.copyOf(bytes.array(), bytes.limit()));

    assertThat(read.getRequestId()).isEqualTo("r-2");
    assertThat(read.getState()).isEqualTo(RequestState.RUNNING);
    assertThat(read.getAt().toEpochMilli()).isEqualTo(1_000);
  }

  @Test
  void leavesReadersOfVersion1AbleToReadALaterVersion() {
    assertThat(
            SchemaCompatibility.checkReaderWriterCompatibility(
                    RequestProgress.getClassSchema(), progressWithOneMoreField())
                .getType())
        .isEqualTo(SchemaCompatibilityType.COMPATIBLE);
  }

  private static Schema progressWithOneMoreField() {
    Schema current = RequestProgress.getClassSchema();
    Schema later =
        Schema.createRecord(current.getName(), current.getDoc(), current.getNamespace(), false);
    later.setFields(
        Stream.concat(
                current.getFields().stream().map(field -> new Schema.Field(field, field.schema())),
                Stream.of(
                    new Schema.Field("later", Schema.create(Schema.Type.STRING), "New.", "none")))
            .toList());
    return later;
  }

  @Test
  void aStateOfVersion2IsUnknownToAReaderOfVersion1() throws IOException {
    Schema version1 = ReleasedSchemas.upTo(RequestProgress.getClassSchema()).get(0);
    RequestProgress progress = Version1Samples.progress();
    progress.setState(RequestState.REJECTED);
    byte[] bytes = RecordCodec.of(RequestProgress.class).encode(progress);

    GenericRecord read =
        new GenericDatumReader<GenericRecord>(RequestProgress.getClassSchema(), version1)
            .read(null, DecoderFactory.get().binaryDecoder(bytes, 10, bytes.length - 10, null));

    assertThat(version1.getObjectProp("version")).isEqualTo(1);
    assertThat(read.get("state")).hasToString("UNKNOWN");
    assertThat(read.get("images_done")).isEqualTo(3);
  }

  @Test
  void namesTheFingerprintOfAnUnknownSchemaAndTheOnesItKnows() {
    byte[] bytes = REQUESTS.encode(Version1Samples.request());
    String known = HexFormat.ofDelimiter(" ").withUpperCase().formatHex(bytes, 2, 10);
    ByteBuffer.wrap(bytes).putLong(2, 0x0123456789ABCDEFL);

    assertThatThrownBy(() -> REQUESTS.decode(bytes))
        .isInstanceOf(UnknownSchemaException.class)
        .hasMessageContaining("GenerationRequest version 2 (" + known + ")")
        .hasMessageContaining("found one with fingerprint 01 23 45 67 89 AB CD EF:");
  }

  @Test
  void refusesBytesWithoutTheHeader() {
    assertThatThrownBy(
            () -> REQUESTS.decode("{\"request_id\": 1}".getBytes(StandardCharsets.UTF_8)))
        .isInstanceOf(RecordFormatException.class)
        .hasMessageContaining("GenerationRequest in Avro's single-object encoding")
        .hasMessageContaining("17 bytes without that header");
    assertThatThrownBy(() -> REQUESTS.decode(new byte[0]))
        .isInstanceOf(RecordFormatException.class);
  }

  @Test
  void refusesARecordCutAtAnyByte() {
    byte[] whole = REQUESTS.encode(Version1Samples.request());
    for (int length = 0; length < whole.length; length++) {
      byte[] cut = Arrays.copyOf(whole, length);
      assertThatThrownBy(() -> REQUESTS.decode(cut)).isInstanceOf(RecordFormatException.class);
    }
  }

  @Test
  void refusesBytesAfterTheRecord() {
    byte[] whole = REQUESTS.encode(Version1Samples.request());
    byte[] longer = Arrays.copyOf(whole, whole.length + 1);

    assertThatThrownBy(() -> REQUESTS.decode(longer))
        .isInstanceOf(RecordFormatException.class)
        .hasMessageContaining("further bytes after it");
  }

  /** With 2 GB for the tests, an allocation of what these claim would end the JVM. */
  @Test
  @Timeout(10)
  void refusesAHugeClaimedLengthWithoutAllocatingIt() throws IOException {
    byte[] header = Arrays.copyOf(REQUESTS.encode(Version1Samples.request()), 10);
    for (long claimed : new long[] {Integer.MAX_VALUE - 8, Integer.MAX_VALUE, Long.MAX_VALUE, -5}) {
      byte[] hugeString = record(header, encoder -> encoder.writeLong(claimed));
      byte[] hugeArray =
          record(
              header,
              encoder -> {
                encoder.writeString("id");
                encoder.writeString("model");
                encoder.writeLong(claimed);
              });
      assertThatThrownBy(() -> REQUESTS.decode(hugeString))
          .isInstanceOf(RecordFormatException.class)
          .hasMessageContaining("Expected a GenerationRequest version 2");
      assertThatThrownBy(() -> REQUESTS.decode(hugeArray))
          .isInstanceOf(RecordFormatException.class);
    }
  }

  private interface Writing {
    void write(BinaryEncoder encoder) throws IOException;
  }

  private static byte[] record(byte[] header, Writing writing) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    bytes.write(header);
    BinaryEncoder encoder = EncoderFactory.get().binaryEncoder(bytes, null);
    writing.write(encoder);
    encoder.flush();
    return bytes.toByteArray();
  }

  @Test
  void refusesTheSchemaOfAnotherRecord() {
    assertThatThrownBy(() -> RecordCodec.of(GeneratedImage.class, RejectedRequest.getClassSchema()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "Expected a schema of io.digflink.schemas.GeneratedImage, found one of"
                + " io.digflink.schemas.RejectedRequest");
  }
}
