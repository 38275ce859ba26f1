package io.digflink.jobs.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import io.digflink.jobs.golden.GoldenFiles;
import io.digflink.jobs.golden.GoldenValues;
import io.digflink.jobs.request.Answer;
import io.digflink.jobs.request.IncomingRecord;
import io.digflink.schemas.GeneratedImage;
import io.digflink.schemas.RejectedRequest;
import io.digflink.schemas.RequestProgress;
import io.digflink.schemas.codec.RecordCodec;
import io.digflink.schemas.codec.WireFormat;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import org.apache.avro.specific.SpecificRecordBase;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;

/** What goes to Kafka: the request id as key, Avro's single-object encoding as value. */
class GoldenBytesITCase {
  @Test
  void recordsInTopicsHaveTheBytesOfTheirVersion() throws Exception {
    GeneratedImage image = GoldenValues.image();
    assertRecord(GeneratedImage.class, 1, GeneratedImage::getRequestId, image, image);
    RequestProgress earlier = GoldenValues.progress();
    RequestProgress progress =
        RequestProgress.newBuilder(earlier).setExpectedAt(earlier.getAt().plusMillis(7)).build();
    assertRecord(RequestProgress.class, 3, RequestProgress::getRequestId, progress, earlier);
    RejectedRequest reject = GoldenValues.reject();
    assertRecord(RejectedRequest.class, 3, RejectedRequest::getRequestId, reject, reject);
  }

  /**
   * @param earlier the value as versions before the last one had it
   */
  private static <T extends SpecificRecordBase> void assertRecord(
      Class<T> type, int version, RecordSerializer.RequestId<T> id, T value, T earlier)
      throws Exception {
    String name = "topic." + type.getSimpleName() + ".v";

    RecordSettings settings = new RecordSettings(WireFormat.SINGLE_OBJECT, Set.of(), null);
    RecordSerializer<T> serializer = new RecordSerializer<>("topic", type, id, settings);
    serializer.open(null, null);

    ProducerRecord<byte[], byte[]> record =
        serializer.serialize(new Answer<>(value, IncomingRecord.NO_HEADERS), null, null);

    assertThat(record.topic()).isEqualTo("topic");
    assertThat(record.partition()).isNull();
    assertThat(record.timestamp()).isNull();
    assertThat(record.headers())
        .extracting(h -> h.key() + ": " + new String(h.value(), StandardCharsets.UTF_8))
        .containsExactly(
            "content-type: application/avro; encoding=single-object",
            "schema-name: " + type.getName(),
            "schema-version: " + version,
            "request-id: r-1 \u00fc");
    assertThat(record.key()).isEqualTo("r-1 \u00fc".getBytes(StandardCharsets.UTF_8));
    GoldenFiles.assertUnchanged(name + version + ".bin", record.value());
    for (int written = 1; written <= version; written++) {
      byte[] bytes = GoldenFiles.read(name + written + ".bin");
      assertThat(RecordCodec.of(type).decode(bytes))
          .isEqualTo(written == version ? value : earlier);
    }
  }
}
