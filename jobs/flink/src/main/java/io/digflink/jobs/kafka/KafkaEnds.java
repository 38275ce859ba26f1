package io.digflink.jobs.kafka;

import io.digflink.jobs.kafka.commit.RewritingSink;
import io.digflink.jobs.request.Answer;
import io.digflink.jobs.request.IncomingRecord;
import io.digflink.schemas.GeneratedImage;
import io.digflink.schemas.RejectedRequest;
import io.digflink.schemas.RequestProgress;
import java.util.Properties;
import java.util.regex.Pattern;
import org.apache.avro.specific.SpecificRecordBase;
import org.apache.flink.api.connector.source.Source;
import org.apache.flink.connector.base.DeliveryGuarantee;
import org.apache.flink.connector.kafka.sink.KafkaSink;
import org.apache.flink.connector.kafka.sink.TransactionNamingStrategy;
import org.apache.flink.connector.kafka.source.KafkaSource;
import org.apache.flink.connector.kafka.source.KafkaSourceBuilder;
import org.apache.flink.connector.kafka.source.KafkaSourceOptions;
import org.apache.flink.connector.kafka.source.enumerator.initializer.OffsetsInitializer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.OffsetResetStrategy;
import org.apache.kafka.clients.producer.ProducerConfig;

/** Builds the job's source and its exactly-once sinks. */
public final class KafkaEnds {
  private static final long LOOK_FOR_TOPIC_MILLIS = 30_000;

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
   * @param bounded whether to end at what is committed at the start
   */
  public Source<IncomingRecord, ?, ?> source(String topic, boolean bounded) {
    return pausing(builder().setTopics(topic), bounded);
  }

  /**
   * Reads cancellations, as {@link #source} does. The topic may come later: it is looked for every
   * {@value #LOOK_FOR_TOPIC_MILLIS} ms.
   *
   * @param bounded whether to end at what is committed at the start
   */
  public Source<IncomingRecord, ?, ?> cancellations(String topic, boolean bounded) {
    KafkaSourceBuilder<IncomingRecord> builder =
        builder()
            .setTopicPattern(Pattern.compile(Pattern.quote(topic)))
            .setProperty(
                KafkaSourceOptions.PARTITION_DISCOVERY_INTERVAL_MS.key(),
                String.valueOf(LOOK_FOR_TOPIC_MILLIS));
    return pausing(builder, bounded);
  }

  @SuppressWarnings("deprecation") // The connector knows no other way to name the reset strategy.
  private KafkaSourceBuilder<IncomingRecord> builder() {
    return KafkaSource.<IncomingRecord>builder()
        .setProperties(settings.properties())
        .setBootstrapServers(settings.bootstrapServers())
        .setGroupId(settings.groupId())
        .setStartingOffsets(OffsetsInitializer.committedOffsets(OffsetResetStrategy.EARLIEST))
        .setProperty(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed")
        .setDeserializer(
            new IncomingRecordDeserializer(new ForwardedHeaders(records.forwardedHeaders())));
  }

  private PausingSource pausing(KafkaSourceBuilder<IncomingRecord> builder, boolean bounded) {
    if (bounded) {
      builder.setBounded(new CommittedEnd(settings.client()));
    }
    return new PausingSource(builder.build());
  }

  /** Writes images, if no other job does with the same group. */
  public RewritingSink<Answer<GeneratedImage>> images(String topic) {
    return sink(
            "images",
            new RecordSerializer<>(
                topic, GeneratedImage.class, GeneratedImage::getRequestId, records))
        .claimingTheGroup(topic);
  }

  /** Writes progress. */
  public RewritingSink<Answer<RequestProgress>> progress(String topic) {
    return sink(
        "progress",
        new RecordSerializer<>(
            topic, RequestProgress.class, RequestProgress::getRequestId, records));
  }

  /** Writes rejects. */
  public RewritingSink<Answer<RejectedRequest>> rejected(String topic) {
    return sink(
        "rejected",
        new RecordSerializer<>(
            topic, RejectedRequest.class, RejectedRequest::getRequestId, records));
  }

  /** Where previews go. */
  public PreviewTopic previews(String topic) {
    return new PreviewTopic(settings, records, topic);
  }

  private <T extends SpecificRecordBase> RewritingSink<Answer<T>> sink(
      String name, RecordSerializer<T> serializer) {
    Properties client = settings.client();
    client.setProperty(
        ProducerConfig.TRANSACTION_TIMEOUT_CONFIG,
        Long.toString(settings.transactionTimeout().toMillis()));
    KafkaSink<Answer<T>> sink =
        KafkaSink.<Answer<T>>builder()
            .setKafkaProducerConfig(client)
            .setBootstrapServers(settings.bootstrapServers())
            .setDeliveryGuarantee(DeliveryGuarantee.EXACTLY_ONCE)
            // The same few ids again and again; brokers remember each id for a week.
            .setTransactionNamingStrategy(TransactionNamingStrategy.POOLING)
            .setTransactionalIdPrefix(settings.transactionPrefix() + "-" + name)
            .setRecordSerializer(serializer)
            .build();
    return new RewritingSink<>(sink, client, settings.transactionPrefix(), settings.groupId());
  }
}
