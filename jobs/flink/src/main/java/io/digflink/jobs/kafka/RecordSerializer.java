package io.digflink.jobs.kafka;

import io.digflink.jobs.request.Answer;
import io.digflink.schemas.codec.ConfluentWriter;
import io.digflink.schemas.codec.JsonCodec;
import io.digflink.schemas.codec.RecordCodec;
import io.digflink.schemas.registry.RegistryException;
import io.digflink.schemas.registry.SchemaRegistry;
import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.apache.avro.Schema;
import org.apache.avro.specific.SpecificData;
import org.apache.avro.specific.SpecificRecordBase;
import org.apache.flink.api.common.serialization.SerializationSchema;
import org.apache.flink.connector.kafka.lineage.DefaultKafkaDatasetFacet;
import org.apache.flink.connector.kafka.lineage.DefaultKafkaDatasetIdentifier;
import org.apache.flink.connector.kafka.lineage.KafkaDatasetFacet;
import org.apache.flink.connector.kafka.lineage.KafkaDatasetFacetProvider;
import org.apache.flink.connector.kafka.sink.KafkaRecordSerializationSchema;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes records in the format of the topics, with the request id as key: what belongs to a request
 * is in one partition, in order. Headers say what a record is.
 *
 * @param <T> a generated record
 */
final class RecordSerializer<T extends SpecificRecordBase>
    implements KafkaRecordSerializationSchema<Answer<T>>, KafkaDatasetFacetProvider {
  private static final long serialVersionUID = 1L;
  private static final Logger LOG = LoggerFactory.getLogger(RecordSerializer.class);
  private static final long PAUSE_MILLIS = 1_000;
  private static final int LOG_EVERY = 30;

  private final String topic;
  private final Class<T> type;
  private final RequestId<T> requestId;
  private final RecordSettings settings;
  private transient Function<T, byte[]> encoder;
  private transient Schema schema;

  /** The request that a record belongs to; null where it could not be read. */
  interface RequestId<T> extends Function<T, String>, Serializable {}

  RecordSerializer(String topic, Class<T> type, RequestId<T> requestId, RecordSettings settings) {
    this.topic = topic;
    this.type = type;
    this.requestId = requestId;
    this.settings = settings;
  }

  /** Waits for the schema registry where there is one, since without it nothing can be written. */
  @Override
  public void open(SerializationSchema.InitializationContext context, KafkaSinkContext sink)
      throws Exception {
    open();
  }

  void open() throws InterruptedException {
    schema = SpecificData.getForClass(type).getSchema(type);
    encoder = encoder();
  }

  /** Where the connector looks for transactions that an earlier run has left open. */
  @Override
  public Optional<KafkaDatasetFacet> getKafkaDatasetFacet() {
    return Optional.of(
        new DefaultKafkaDatasetFacet(DefaultKafkaDatasetIdentifier.ofTopics(List.of(topic))));
  }

  @Override
  public ProducerRecord<byte[], byte[]> serialize(
      Answer<T> answer, KafkaSinkContext context, Long timestamp) {
    T element = answer.record();
    String id = requestId.apply(element);
    byte[] key = id == null ? null : id.getBytes(StandardCharsets.UTF_8);
    ProducerRecord<byte[], byte[]> record =
        new ProducerRecord<>(topic, key, encoder.apply(element));
    RecordHeaders.add(record.headers(), settings.format(), schema, id);
    ForwardedHeaders.add(answer.headers(), record.headers());
    return record;
  }

  private Function<T, byte[]> encoder() throws InterruptedException {
    return switch (settings.format()) {
      case SINGLE_OBJECT -> RecordCodec.of(type)::encode;
      case JSON -> JsonCodec.of(type)::encode;
      case CONFLUENT -> new ConfluentWriter<>(type, registeredId())::encode;
    };
  }

  /** The id of the schema under the usual name of a topic's values. */
  private int registeredId() throws InterruptedException {
    SchemaRegistry registry = new SchemaRegistry(settings.registryUrl());
    for (int tries = 0; ; tries++) {
      try {
        return registry.register(topic + "-value", schema);
      } catch (RegistryException e) {
        if (tries % LOG_EVERY == 0) {
          LOG.warn(
              "Waiting to register the schema of {}; asking again every {} ms. {}",
              topic,
              PAUSE_MILLIS,
              e.getMessage());
        }
        Thread.sleep(PAUSE_MILLIS);
      }
    }
  }
}
