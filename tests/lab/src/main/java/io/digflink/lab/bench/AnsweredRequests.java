package io.digflink.lab.bench;

import io.digflink.jobs.generate.GenerateOptions;
import io.digflink.schemas.GeneratedImage;
import io.digflink.schemas.GenerationRequest;
import io.digflink.schemas.RequestProgress;
import io.digflink.schemas.RequestState;
import io.digflink.schemas.codec.RecordCodec;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.apache.commons.codec.digest.DigestUtils;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Requests of one image and their answers, as the job writes them. */
final class AnsweredRequests {
  private static final String REQUESTS = GenerateOptions.REQUESTS_TOPIC.defaultValue();
  private static final String IMAGES = GenerateOptions.IMAGES_TOPIC.defaultValue();
  private static final String PROGRESS = GenerateOptions.PROGRESS_TOPIC.defaultValue();

  /** Topics that they are on, and that of the rejects. */
  static final List<String> TOPICS =
      List.of(REQUESTS, IMAGES, PROGRESS, GenerateOptions.REJECTED_TOPIC.defaultValue());

  private static final int FAULT_EVERY = 100_000;
  private static final byte[] FILE =
      "stands for the file of an image".getBytes(StandardCharsets.UTF_8);

  private final RecordCodec<GenerationRequest> requests = RecordCodec.of(GenerationRequest.class);
  private final RecordCodec<GeneratedImage> images = RecordCodec.of(GeneratedImage.class);
  private final RecordCodec<RequestProgress> progress = RecordCodec.of(RequestProgress.class);
  private final KafkaProducer<byte[], byte[]> producer;
  private final Instant now = Instant.now();
  private final String sha256 = DigestUtils.sha256Hex(FILE);
  private long written;

  private AnsweredRequests(KafkaProducer<byte[], byte[]> producer) {
    this.producer = producer;
  }

  /** Writes them; returns how many records those are. */
  static long write(String bootstrapServers, int count) {
    Map<String, Object> settings =
        Map.of(
            ProducerConfig.BOOTSTRAP_SERVERS_CONFIG,
            bootstrapServers,
            ProducerConfig.LINGER_MS_CONFIG,
            50,
            ProducerConfig.BATCH_SIZE_CONFIG,
            1 << 18);
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer())) {
      AnsweredRequests answered = new AnsweredRequests(producer);
      for (int i = 0; i < count; i++) {
        answered.write(i);
      }
      return answered.written;
    }
  }

  /** One with its answer: the last but one of {@value #FAULT_EVERY} without, the last with two. */
  private void write(int i) {
    String id = String.format("request-%012d", i);
    byte[] key = id.getBytes(StandardCharsets.UTF_8);
    send(REQUESTS, key, requests.encode(request(id, i)));
    send(PROGRESS, key, progress.encode(progress(id, RequestState.ADMITTED)));
    int images =
        switch (i % FAULT_EVERY) {
          case FAULT_EVERY - 2 -> 0;
          case FAULT_EVERY - 1 -> 2;
          default -> 1;
        };
    for (int copy = 0; copy < images; copy++) {
      send(IMAGES, key, this.images.encode(image(id, i)));
    }
    send(PROGRESS, key, progress.encode(progress(id, RequestState.COMPLETED)));
  }

  private void send(String topic, byte[] key, byte[] value) {
    producer.send(new ProducerRecord<>(topic, key, value));
    written++;
  }

  private static GenerationRequest request(String id, int seed) {
    return GenerationRequest.newBuilder()
        .setRequestId(id)
        .setModel("fashion-dig")
        .setSeed(seed)
        .setSampler("dpm++")
        .setSteps(20)
        .build();
  }

  private RequestProgress progress(String id, RequestState state) {
    return RequestProgress.newBuilder()
        .setRequestId(id)
        .setState(state)
        .setImages(1)
        .setImagesDone(state == RequestState.COMPLETED ? 1 : 0)
        .setAt(now)
        .build();
  }

  private GeneratedImage image(String id, int seed) {
    return GeneratedImage.newBuilder()
        .setRequestId(id)
        .setIndex(0)
        .setCount(1)
        .setSeed(seed)
        .setSampler("dpm++")
        .setSteps(20)
        .setWidth(32)
        .setHeight(32)
        .setFormat("png")
        .setBytes(ByteBuffer.wrap(FILE))
        .setSize(FILE.length)
        .setSha256(sha256)
        .setModel("fashion-dig")
        .setBundleDigest(sha256)
        .setCompletedAt(now)
        .build();
  }
}
