package io.digflink.jobs.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import io.digflink.jobs.golden.GoldenFiles;
import io.digflink.jobs.golden.GoldenValues;
import io.digflink.schemas.GeneratedImage;
import io.digflink.schemas.RejectedRequest;
import io.digflink.schemas.RequestProgress;
import io.digflink.schemas.codec.RecordCodec;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.apache.avro.specific.SpecificRecordBase;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;

/** What goes to Kafka: the request id as key, Avro's single-object encoding as value. */
class GoldenBytesTest {
  @Test
  void recordsInTopicsHaveTheBytesOf010() throws IOException {
    assertRecord(GeneratedImage.class, GeneratedImage::getRequestId, GoldenValues.image());
    assertRecord(RequestProgress.class, RequestProgress::getRequestId, GoldenValues.progress());
    assertRecord(RejectedRequest.class, RejectedRequest::getRequestId, GoldenValues.reject());
  }

  private static <T extends SpecificRecordBase> void assertRecord(
      Class<T> type, RecordSerializer.RequestId<T> id, T value) throws IOException {
    String name = "topic." + type.getSimpleName() + ".v1.bin";

    ProducerRecord<byte[], byte[]> record =
        new RecordSerializer<>("topic", type, id).serialize(value, null, null);

    assertThat(record.topic()).isEqualTo("topic");
    assertThat(record.partition()).isNull();
    assertThat(record.timestamp()).isNull();
    assertThat(record.headers()).isEmpty();
    assertThat(record.key()).isEqualTo("r-1 \u00fc".getBytes(StandardCharsets.UTF_8));
    GoldenFiles.assertUnchanged(name, record.value());
    assertThat(RecordCodec.of(type).decode(GoldenFiles.read(name))).isEqualTo(value);
  }
}
