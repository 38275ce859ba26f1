package io.digflink.jobs.kafka;

import io.digflink.jobs.request.Answer;
import io.digflink.schemas.codec.JsonCodec;
import io.digflink.schemas.codec.RecordCodec;
import io.digflink.schemas.codec.WireFormat;
import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import java.util.function.Function;
import org.apache.avro.Schema;
import org.apache.avro.specific.SpecificData;
import org.apache.avro.specific.SpecificRecordBase;
import org.apache.flink.connector.kafka.sink.KafkaRecordSerializationSchema;
import org.apache.kafka.clients.producer.ProducerRecord;

/**
 * Writes records in the format of the topics, with the request id as key: what belongs to a request
 * is in one partition, in order. Headers say what a record is.
 *
 * @param <T> a generated record
 */
final class RecordSerializer<T extends SpecificRecordBase>
    implements KafkaRecordSerializationSchema<Answer<T>> {
  private static final long serialVersionUID = 1L;

  private final String topic;
  private final Class<T> type;
  private final RequestId<T> requestId;
  private final WireFormat format;
  private transient Function<T, byte[]> encoder;
  private transient Schema schema;

  /** The request that a record belongs to; null where it could not be read. */
  interface RequestId<T> extends Function<T, String>, Serializable {}

  RecordSerializer(String topic, Class<T> type, RequestId<T> requestId, WireFormat format) {
    this.topic = topic;
    this.type = type;
    this.requestId = requestId;
    this.format = format;
  }

  @Override
  public ProducerRecord<byte[], byte[]> serialize(
      Answer<T> answer, KafkaSinkContext context, Long timestamp) {
    if (encoder == null) {
      encoder = encoder();
      schema = SpecificData.getForClass(type).getSchema(type);
    }
    T element = answer.record();
    String id = requestId.apply(element);
    byte[] key = id == null ? null : id.getBytes(StandardCharsets.UTF_8);
    ProducerRecord<byte[], byte[]> record =
        new ProducerRecord<>(topic, key, encoder.apply(element));
    RecordHeaders.add(record.headers(), format, schema, id);
    ForwardedHeaders.add(answer.headers(), record.headers());
    return record;
  }

  private Function<T, byte[]> encoder() {
    return switch (format) {
      case SINGLE_OBJECT -> RecordCodec.of(type)::encode;
      case JSON -> JsonCodec.of(type)::encode;
      case CONFLUENT ->
          throw new IllegalStateException(
              "Expected topics.format single-object or json, found confluent: it is not there yet");
    };
  }
}
