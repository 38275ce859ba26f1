package io.digflink.jobs.kafka;

import io.digflink.schemas.codec.RecordCodec;
import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.apache.avro.specific.SpecificRecordBase;
import org.apache.flink.connector.kafka.lineage.DefaultKafkaDatasetFacet;
import org.apache.flink.connector.kafka.lineage.DefaultKafkaDatasetIdentifier;
import org.apache.flink.connector.kafka.lineage.KafkaDatasetFacet;
import org.apache.flink.connector.kafka.lineage.KafkaDatasetFacetProvider;
import org.apache.flink.connector.kafka.sink.KafkaRecordSerializationSchema;
import org.apache.kafka.clients.producer.ProducerRecord;

/**
 * Writes records in single-object encoding, with the request id as key: what belongs to a request
 * is in one partition, in order.
 *
 * @param <T> a generated record
 */
final class RecordSerializer<T extends SpecificRecordBase>
    implements KafkaRecordSerializationSchema<T>, KafkaDatasetFacetProvider {
  private static final long serialVersionUID = 1L;

  private final String topic;
  private final Class<T> type;
  private final RequestId<T> requestId;
  private transient RecordCodec<T> codec;

  /** The request that a record belongs to; null where it could not be read. */
  interface RequestId<T> extends Function<T, String>, Serializable {}

  RecordSerializer(String topic, Class<T> type, RequestId<T> requestId) {
    this.topic = topic;
    this.type = type;
    this.requestId = requestId;
  }

  /** Where the connector looks for transactions that an earlier run has left open. */
  @Override
  public Optional<KafkaDatasetFacet> getKafkaDatasetFacet() {
    return Optional.of(
        new DefaultKafkaDatasetFacet(DefaultKafkaDatasetIdentifier.ofTopics(List.of(topic))));
  }

  @Override
  public ProducerRecord<byte[], byte[]> serialize(
      T element, KafkaSinkContext context, Long timestamp) {
    if (codec == null) {
      codec = RecordCodec.of(type);
    }
    String id = requestId.apply(element);
    byte[] key = id == null ? null : id.getBytes(StandardCharsets.UTF_8);
    return new ProducerRecord<>(topic, key, codec.encode(element));
  }
}
