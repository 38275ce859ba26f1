package io.digflink.cli.client;

import io.digflink.cli.client.TopicReader.Read;
import io.digflink.schemas.RejectedRequest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Sends rejected requests again, each once. What was sent is remembered in the topic itself: a
 * request that is sent again has the header {@value #REPLAY_OF} with the place of the one that was
 * rejected. All are sent in one transaction, whose id keeps a second replay from running beside
 * this one.
 */
public final class Replay implements AutoCloseable {
  /** The header of a request that is sent again. */
  public static final String REPLAY_OF = "replay-of";

  private static final Duration POLL = Duration.ofMillis(200);

  /** Of a longer original a reject has the beginning only. */
  private static final int LONGEST_ORIGINAL = 512 << 10;

  /** Headers that are of the reject and not of the request. */
  private static final Set<String> OF_THE_REJECT =
      Set.of("content-type", "schema-name", "schema-version", "request-id");

  private final Properties client;
  private final String topic;
  private final KafkaProducer<byte[], byte[]> producer;

  /**
   * How it went.
   *
   * @param sent requests sent now
   * @param sentBefore requests that an earlier replay has sent
   * @param failed requests that cannot be sent, each of which was told
   */
  public record Outcome(int sent, int sentBefore, int failed) {}

  /**
   * @param client settings of the Kafka client, bootstrap.servers among them
   * @param topic of the requests
   */
  public Replay(Properties client, String topic) {
    this.client = client;
    this.topic = topic;
    Properties settings = new Properties();
    settings.putAll(client);
    settings.setProperty(ProducerConfig.TRANSACTIONAL_ID_CONFIG, "dig-replay-" + topic);
    this.producer =
        new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer());
  }

  /** Sends the requests of rejects. */
  public Outcome send(
      List<Read<RejectedRequest>> rejects, MendedRequests mended, Consumer<String> problems)
      throws InterruptedException {
    int sent = 0;
    int sentBefore = 0;
    int failed = 0;
    producer.initTransactions();
    try (KafkaConsumer<byte[], byte[]> requests = consumer()) {
      Set<String> remembered = remembered(requests);
      producer.beginTransaction();
      for (Read<RejectedRequest> reject : rejects) {
        if (!remembered.add(reject.value().getSource())) {
          sentBefore++;
          continue;
        }
        try {
          producer.send(request(reject, mended.mend(original(reject.value(), requests))));
          sent++;
        } catch (IOException e) {
          problems.accept(reject.value().getSource() + ": " + e.getMessage());
          failed++;
        }
      }
      producer.commitTransaction();
    }
    return new Outcome(sent, sentBefore, failed);
  }

  private ProducerRecord<byte[], byte[]> request(Read<RejectedRequest> reject, byte[] value) {
    ProducerRecord<byte[], byte[]> request =
        new ProducerRecord<>(topic, reject.record().key(), value);
    for (Header header : reject.record().headers()) {
      if (!OF_THE_REJECT.contains(header.key())) {
        request.headers().add(header);
      }
    }
    String source = reject.value().getSource();
    request.headers().add(REPLAY_OF, source.getBytes(StandardCharsets.UTF_8));
    return request;
  }

  private KafkaConsumer<byte[], byte[]> consumer() {
    Properties settings = new Properties();
    settings.putAll(client);
    settings.setProperty(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
    settings.setProperty(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, "false");
    return new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
  }

  /** The places of the requests that have been sent again. */
  private Set<String> remembered(KafkaConsumer<byte[], byte[]> requests) {
    Set<String> places = new HashSet<>();
    requests.assign(
        requests.partitionsFor(topic).stream()
            .map(info -> new TopicPartition(topic, info.partition()))
            .toList());
    requests.seekToBeginning(requests.assignment());
    Map<TopicPartition, Long> ends = requests.endOffsets(requests.assignment());
    while (ends.entrySet().stream()
        .anyMatch(end -> requests.position(end.getKey()) < end.getValue())) {
      for (ConsumerRecord<byte[], byte[]> request : requests.poll(POLL)) {
        for (Header header : request.headers().headers(REPLAY_OF)) {
          places.add(new String(header.value(), StandardCharsets.UTF_8));
        }
      }
    }
    return places;
  }

  /** The request's own bytes: of a long one they lie where it was read. */
  private static byte[] original(RejectedRequest reject, KafkaConsumer<byte[], byte[]> requests)
      throws IOException {
    byte[] original = new byte[reject.getOriginal().remaining()];
    reject.getOriginal().duplicate().get(original);
    if (original.length < LONGEST_ORIGINAL) {
      return original;
    }
    String source = reject.getSource();
    int dash = source.lastIndexOf('-');
    int at = source.lastIndexOf('@');
    TopicPartition partition =
        new TopicPartition(
            source.substring(0, dash), Integer.parseInt(source.substring(dash + 1, at)));
    long offset = Long.parseLong(source.substring(at + 1));
    requests.assign(List.of(partition));
    requests.seek(partition, offset);
    long end = requests.endOffsets(List.of(partition)).get(partition);
    while (requests.position(partition) < end) {
      for (ConsumerRecord<byte[], byte[]> request : requests.poll(POLL).records(partition)) {
        if (request.offset() == offset) {
          return request.value();
        }
        throw gone(source);
      }
    }
    throw gone(source);
  }

  private static IOException gone(String source) {
    return new IOException(
        "Expected the whole request at "
            + source
            + ", of which the reject has the first 512 KiB, found it deleted: send it anew");
  }

  @Override
  public void close() {
    producer.close();
  }
}
