package io.digflink.jobs.kafka;

import io.digflink.jobs.request.IncomingRecord;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.connector.kafka.source.reader.deserializer.KafkaRecordDeserializationSchema;
import org.apache.flink.util.Collector;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * Passes on a record's bytes as they are, and the headers that its answers repeat. It never fails:
 * admission judges them.
 */
final class IncomingRecordDeserializer implements KafkaRecordDeserializationSchema<IncomingRecord> {
  private static final long serialVersionUID = 1L;

  private final ForwardedHeaders headers;

  IncomingRecordDeserializer(ForwardedHeaders headers) {
    this.headers = headers;
  }

  @Override
  public void deserialize(ConsumerRecord<byte[], byte[]> record, Collector<IncomingRecord> out) {
    byte[] value = record.value() == null && record.key() == null ? new byte[0] : record.value();
    byte[] key = record.key() == null ? new byte[0] : record.key();
    String source = record.topic() + "-" + record.partition() + "@" + record.offset();
    out.collect(
        new IncomingRecord(value, source, record.timestamp(), key, headers.pick(record.headers())));
  }

  @Override
  public TypeInformation<IncomingRecord> getProducedType() {
    return TypeInformation.of(IncomingRecord.class);
  }
}
