package io.digflink.cli.gallery;

import io.digflink.cli.client.RecordReader;
import io.digflink.schemas.GeneratedImage;
import io.digflink.schemas.GenerationRequest;
import io.digflink.schemas.ImagePreview;
import io.digflink.schemas.RejectedRequest;
import io.digflink.schemas.RequestProgress;
import io.digflink.schemas.registry.SchemaRegistry;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.apache.avro.specific.SpecificRecordBase;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads the committed records of all topics, the last ones first, and tells the state. */
final class GalleryFeed implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(GalleryFeed.class);
  private static final Duration POLL = Duration.ofMillis(500);
  private static final long RETRY_SECONDS = 2;

  /** Records of a partition from before the start, for each image that is remembered. */
  private static final int RECORDS_PER_IMAGE = 2;

  private final GalleryState state;
  private final Map<String, Taker> takers = new HashMap<>();
  private final KafkaConsumer<byte[], byte[]> consumer;
  private final Thread thread = new Thread(this::read, "gallery-feed");
  private final CountDownLatch closing = new CountDownLatch(1);
  private final RecordReader<GenerationRequest> requests;
  private final String requestsTopic;
  private String problem;
  private String unreadable;

  private interface Taker {
    void take(ConsumerRecord<byte[], byte[]> record) throws IOException, InterruptedException;
  }

  private GalleryFeed(GallerySettings settings, GalleryState state) {
    this.state = state;
    Properties client = new Properties();
    client.putAll(settings.client());
    client.setProperty(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
    client.setProperty(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, "false");
    client.setProperty(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, "false");
    client.setProperty(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "latest");
    this.consumer =
        new KafkaConsumer<>(client, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    GallerySettings.Topics topics = settings.topics();
    requestsTopic = topics.requests();
    SchemaRegistry registry = settings.registry();
    takers.put(topics.requests(), this::request);
    takers.put(topics.progress(), reading(RequestProgress.class, registry, state::progress));
    takers.put(topics.images(), reading(GeneratedImage.class, registry, state::image));
    takers.put(topics.rejected(), reading(RejectedRequest.class, registry, state::reject));
    takers.put(topics.previews(), reading(ImagePreview.class, registry, state::preview));
    takers.put(topics.cancellations(), this::cancellation);
    requests = new RecordReader<>(GenerationRequest.class, registry);
    thread.setDaemon(true);
  }

  /** Begins to read. Topics that do not exist are left out. */
  static GalleryFeed start(GallerySettings settings, GalleryState state) {
    GalleryFeed feed = new GalleryFeed(settings, state);
    try {
      feed.seek((long) settings.images() * RECORDS_PER_IMAGE);
    } catch (RuntimeException e) {
      feed.consumer.close();
      throw e;
    }
    feed.thread.start();
    return feed;
  }

  private void seek(long last) {
    List<TopicPartition> partitions = takers.keySet().stream().flatMap(this::partitionsOf).toList();
    consumer.assign(partitions);
    Map<TopicPartition, Long> begin = consumer.beginningOffsets(partitions);
    Map<TopicPartition, Long> end = consumer.endOffsets(partitions);
    for (TopicPartition partition : partitions) {
      consumer.seek(partition, Math.max(begin.get(partition), end.get(partition) - last));
    }
  }

  private Stream<TopicPartition> partitionsOf(String topic) {
    try {
      return consumer.partitionsFor(topic).stream()
          .map(info -> new TopicPartition(topic, info.partition()));
    } catch (TopicAuthorizationException e) {
      LOG.warn("The page goes without {}", topic, e); // This is how brokers hide topics, too.
      return Stream.empty();
    }
  }

  private void read() {
    try (consumer) {
      while (closing.getCount() > 0) {
        try {
          consumer.poll(POLL).forEach(this::take);
          tell(unreadable);
        } catch (WakeupException | InterruptException e) {
          return;
        } catch (KafkaException e) {
          LOG.warn("While reading the topics", e);
          tell("The topics cannot be read: " + e.getMessage());
          closing.await(RETRY_SECONDS, TimeUnit.SECONDS);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void tell(String message) {
    if (problem == null ? message != null : !problem.equals(message)) {
      problem = message;
      state.problem(message);
    }
  }

  private void take(ConsumerRecord<byte[], byte[]> record) {
    try {
      takers.get(record.topic()).take(record);
    } catch (IOException | RuntimeException e) {
      LOG.info("Left out {}-{}@{}", record.topic(), record.partition(), record.offset(), e);
      if (!record.topic().equals(requestsTopic)) { // The job's reject says what is wrong with one.
        unreadable = "A record of " + record.topic() + " cannot be read: " + e.getMessage();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static <T extends SpecificRecordBase> Taker reading(
      Class<T> type, SchemaRegistry registry, Consumer<T> to) {
    RecordReader<T> reader = new RecordReader<>(type, registry);
    return record -> to.accept(reader.read(record.value()));
  }

  private void request(ConsumerRecord<byte[], byte[]> record)
      throws IOException, InterruptedException {
    if (record.value() == null) {
      cancellation(record);
      return;
    }
    state.request(
        requests.read(record.value()), key(record), Instant.ofEpochMilli(record.timestamp()));
  }

  private void cancellation(ConsumerRecord<byte[], byte[]> record) {
    if (record.key() != null) {
      state.cancellation(key(record));
    }
  }

  private static String key(ConsumerRecord<byte[], byte[]> record) {
    return record.key() == null ? null : new String(record.key(), StandardCharsets.UTF_8);
  }

  @Override
  public void close() {
    closing.countDown();
    consumer.wakeup();
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
