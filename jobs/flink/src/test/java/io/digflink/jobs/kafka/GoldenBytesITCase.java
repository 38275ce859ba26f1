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
    assertRecord(GeneratedImage.class, 1, GeneratedImage::getRequestId, GoldenValues.image());
    assertRecord(RequestProgress.class, 2, RequestProgress::getRequestId, GoldenValues.progress());
    assertRecord(RejectedRequest.class, 2, RejectedRequest::getRequestId, GoldenValues.reject());
  }

  private static <T extends SpecificRecordBase> void assertRecord(
      Class<T> type, int version, RecordSerializer.RequestId<T> id, T value) throws Exception {
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
      assertThat(RecordCodec.of(type).decode(bytes)).isEqualTo(value);
    }
  }
}
