package io.digflink.tests.hostile;

import io.digflink.schemas.GenerationRequest;
import io.digflink.schemas.codec.RecordCodec;
import io.digflink.tests.support.Requests;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.Future;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Requests of which every third is garbage. The others are cheap, so that there can be many: one
 * step and an image of 16×16 pixels, of few different seeds, so that each has a known image.
 */
final class HostileLoad {
  static final int SEEDS = 16;

  private static final int EVERY = 3;
  private static final int SMALLEST = 16;
  private static final int LARGE_EVERY = 30_000;
  private static final int LARGEST_SENT = 32 << 20;
  private static final RecordCodec<GenerationRequest> CODEC =
      RecordCodec.of(GenerationRequest.class);

  private final Map<String, Garbage.Record> garbage = new HashMap<>();
  private final Map<String, Integer> seeds = new HashMap<>();

  /** A request of a seed that is served. */
  static GenerationRequest good(String id, int seed) {
    return Requests.of(id).setSteps(1).setSeed(seed).setWidth(SMALLEST).setHeight(SMALLEST).build();
  }

  /** Sends so many records to a topic; returns when the brokers have them all. */
  static HostileLoad send(String bootstrapServers, String topic, int count) throws Exception {
    HostileLoad load = new HostileLoad();
    Properties settings = new Properties();
    settings.setProperty(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers);
    settings.setProperty(ProducerConfig.COMPRESSION_TYPE_CONFIG, "gzip");
    settings.setProperty(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, LARGEST_SENT + "");
    settings.setProperty(ProducerConfig.BUFFER_MEMORY_CONFIG, 2 * LARGEST_SENT + "");
    List<Future<RecordMetadata>> sent = new ArrayList<>(count);
    List<Garbage.Record> records = new ArrayList<>(count);
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer())) {
      for (int i = 0; i < count; i++) {
        Garbage.Record bad = i % EVERY == 0 ? bad(i) : null;
        records.add(bad);
        sent.add(producer.send(new ProducerRecord<>(topic, load.value(i, bad))));
      }
    }
    for (int i = 0; i < count; i++) {
      if (records.get(i) != null) {
        RecordMetadata at = sent.get(i).get();
        load.garbage.put(at.topic() + "-" + at.partition() + "@" + at.offset(), records.get(i));
      }
    }
    return load;
  }

  private static Garbage.Record bad(int i) {
    return i % LARGE_EVERY == 0 ? Garbage.large() : Garbage.make(i / EVERY);
  }

  private byte[] value(int i, Garbage.Record bad) {
    if (bad != null) {
      return bad.value();
    }
    String id = "good-" + i;
    seeds.put(id, i % SEEDS);
    return CODEC.encode(good(id, i % SEEDS));
  }

  /** What must be rejected, by where it lies: topic-partition@offset. */
  Map<String, Garbage.Record> garbage() {
    return garbage;
  }

  /** Seeds of the requests that must be served, by request id. */
  Map<String, Integer> seeds() {
    return seeds;
  }
}
