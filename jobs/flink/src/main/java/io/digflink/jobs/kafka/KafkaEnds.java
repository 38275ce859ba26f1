package io.digflink.jobs.kafka;

import io.digflink.jobs.request.Answer;
import io.digflink.jobs.request.IncomingRecord;
import io.digflink.schemas.GeneratedImage;
import io.digflink.schemas.RejectedRequest;
import io.digflink.schemas.RequestProgress;
import java.util.Properties;
import org.apache.avro.specific.SpecificRecordBase;
import org.apache.flink.api.connector.source.Source;
import org.apache.flink.connector.base.DeliveryGuarantee;
import org.apache.flink.connector.kafka.sink.KafkaSink;
import org.apache.flink.connector.kafka.source.KafkaSource;
import org.apache.flink.connector.kafka.source.KafkaSourceBuilder;
import org.apache.flink.connector.kafka.source.enumerator.initializer.OffsetsInitializer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.OffsetResetStrategy;
import org.apache.kafka.clients.producer.ProducerConfig;

/** Builds the job's source and its exactly-once sinks. */
public final class KafkaEnds {
  private final KafkaSettings settings;
  private final RecordSettings records;

  public KafkaEnds(KafkaSettings settings, RecordSettings records) {
    this.settings = settings;
    this.records = records;
  }

  /**
   * Reads the committed records of a topic, from the group's committed offsets or else from the
   * start. Records stay in Kafka while the operator chained to the source is full.
   *
   * @param bounded whether to end at what is there at the start
   */
  @SuppressWarnings("deprecation") // The connector knows no other way to name the reset strategy.
  public Source<IncomingRecord, ?, ?> source(String topic, boolean bounded) {
    KafkaSourceBuilder<IncomingRecord> builder =
        KafkaSource.<IncomingRecord>builder()
            .setProperties(settings.properties())
            .setBootstrapServers(settings.bootstrapServers())
            .setGroupId(settings.groupId())
            .setTopics(topic)
            .setStartingOffsets(OffsetsInitializer.committedOffsets(OffsetResetStrategy.EARLIEST))
            .setProperty(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed")
            .setDeserializer(
                new IncomingRecordDeserializer(new ForwardedHeaders(records.forwardedHeaders())));
    if (bounded) {
      builder.setBounded(OffsetsInitializer.latest());
    }
    return new PausingSource(builder.build());
  }

  /** Writes images. */
  public KafkaSink<Answer<GeneratedImage>> images(String topic) {
    return sink(
        "images",
        new RecordSerializer<>(topic, GeneratedImage.class, GeneratedImage::getRequestId, records));
  }

  /** Writes progress. */
  public KafkaSink<Answer<RequestProgress>> progress(String topic) {
    return sink(
        "progress",
        new RecordSerializer<>(
            topic, RequestProgress.class, RequestProgress::getRequestId, records));
  }

  /** Writes rejects. */
  public KafkaSink<Answer<RejectedRequest>> rejected(String topic) {
    return sink(
        "rejected",
        new RecordSerializer<>(
            topic, RejectedRequest.class, RejectedRequest::getRequestId, records));
  }

  private <T extends SpecificRecordBase> KafkaSink<Answer<T>> sink(
      String name, RecordSerializer<T> serializer) {
    Properties properties = new Properties();
    properties.putAll(settings.properties());
    properties.setProperty(
        ProducerConfig.TRANSACTION_TIMEOUT_CONFIG,
        Long.toString(settings.transactionTimeout().toMillis()));
    return KafkaSink.<Answer<T>>builder()
        .setKafkaProducerConfig(properties)
        .setBootstrapServers(settings.bootstrapServers())
        .setDeliveryGuarantee(DeliveryGuarantee.EXACTLY_ONCE)
        .setTransactionalIdPrefix(settings.transactionPrefix() + "-" + name)
        .setRecordSerializer(serializer)
        .build();
  }
}
