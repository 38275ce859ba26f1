package io.digflink.cli.gallery;

import io.digflink.cli.client.RecordReader;
import io.digflink.cli.embedded.EmbeddedKafka;
import io.digflink.schemas.GeneratedImage;
import io.digflink.schemas.GenerationRequest;
import io.digflink.schemas.ImagePreview;
import io.digflink.schemas.RejectReason;
import io.digflink.schemas.RejectedRequest;
import io.digflink.schemas.RequestProgress;
import io.digflink.schemas.RequestState;
import io.digflink.schemas.codec.RecordCodec;
import java.awt.Color;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.imageio.ImageIO;
import org.apache.avro.specific.SpecificRecordBase;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** A gallery on a broker, and the records that a job would write there. */
final class GalleryRun implements AutoCloseable {
  static final GallerySettings.Topics TOPICS =
      new GallerySettings.Topics(
          "requests", "images", "progress", "rejected", "previews", "cancel");

  private final EmbeddedKafka kafka;
  private final KafkaProducer<byte[], byte[]> job;
  private final HttpClient http = HttpClient.newHttpClient();
  private Gallery gallery;

  private GalleryRun(EmbeddedKafka kafka) {
    this.kafka = kafka;
    this.job = new KafkaProducer<>(client(), new ByteArraySerializer(), new ByteArraySerializer());
  }

  static GalleryRun start(Path directory, int images) throws Exception {
    EmbeddedKafka kafka = EmbeddedKafka.start(directory.resolve("kafka"));
    kafka.createTopics(
        List.of("requests", "images", "progress", "rejected", "previews", "cancel"), 1);
    GalleryRun run = new GalleryRun(kafka);
    run.restart(images);
    return run;
  }

  /** Starts another gallery instead, which reads the topics anew. */
  void restart(int images) throws IOException {
    if (gallery != null) {
      gallery.close();
    }
    gallery =
        Gallery.start(
            new GallerySettings(
                client(),
                null,
                TOPICS,
                "127.0.0.1",
                0,
                images,
                "a \"model\"",
                List.of("Bag", "T-shirt, long", "Sneaker")));
  }

  URI address() {
    return gallery.address();
  }

  Properties client() {
    Properties client = new Properties();
    client.setProperty("bootstrap.servers", kafka.bootstrapServers());
    return client;
  }

  // What a job writes

  void request(String id, int images) {
    write(
        "requests",
        id,
        GenerationRequest.newBuilder()
            .setRequestId(id)
            .setModel("fashion-dig")
            .setClassNames(List.of("Bag"))
            .setImagesPerLabel(images)
            .setPreviewEvery(5)
            .build());
  }

  void progress(String id, RequestState state, int images, int done) {
    RequestProgress progress =
        RequestProgress.newBuilder()
            .setRequestId(id)
            .setState(state)
            .setImages(images)
            .setImagesDone(done)
            .setAt(Instant.now())
            .setExpectedAt(Instant.now().plusSeconds(9))
            .build();
    write("progress", id, progress);
  }

  void image(String id, int index, int count) {
    byte[] file = png(index, 128);
    GeneratedImage image =
        GeneratedImage.newBuilder()
            .setRequestId(id)
            .setIndex(index)
            .setCount(count)
            .setLabel(8)
            .setClassName("Bag")
            .setSeed(Long.MAX_VALUE)
            .setSampler("dpm++")
            .setSteps(20)
            .setWidth(128)
            .setHeight(128)
            .setFormat("png")
            .setBytes(ByteBuffer.wrap(file))
            .setSize(file.length)
            .setSha256("0".repeat(64))
            .setModel("fashion-dig")
            .setBundleDigest("a".repeat(64))
            .setQueueMillis(40 + index)
            .setCompletedAt(Instant.now())
            .build();
    write("images", id, image);
  }

  void images(String id, int from, int to) {
    for (int i = from; i < to; i++) {
      image(id, i, to);
    }
    flush();
  }

  void preview(String id, int index, int step) {
    write(
        "previews",
        id,
        ImagePreview.newBuilder()
            .setRequestId(id)
            .setIndex(index)
            .setCount(4)
            .setStep(step)
            .setSteps(20)
            .setWidth(16)
            .setHeight(16)
            .setFormat("jpeg")
            .setBytes(ByteBuffer.wrap(png(step, 16)))
            .setAt(Instant.now())
            .build());
  }

  void reject(String id, RejectReason reason, String message) {
    write(
        "rejected",
        id,
        RejectedRequest.newBuilder()
            .setRequestId(id)
            .setReason(reason)
            .setMessage(message)
            .setOriginal(ByteBuffer.wrap(new byte[512 << 10]))
            .setSource("requests-0@7")
            .setAt(Instant.now())
            .build());
  }

  void bytes(String topic, String key, byte[] value) {
    job.send(new ProducerRecord<>(topic, key.getBytes(StandardCharsets.UTF_8), value));
  }

  @SuppressWarnings("unchecked")
  private <T extends SpecificRecordBase> void write(String topic, String key, T record) {
    bytes(topic, key, RecordCodec.of((Class<T>) record.getClass()).encode(record));
  }

  void flush() {
    job.flush();
  }

  static byte[] png(int number, int size) {
    BufferedImage picture = new BufferedImage(size, size, BufferedImage.TYPE_INT_RGB);
    for (int y = 0; y < size; y++) {
      for (int x = 0; x < size; x++) {
        float hue = number * 0.037f + x * 0.2f / size;
        picture.setRGB(x, y, Color.HSBtoRGB(hue, 0.5f, 0.25f + 0.6f * y / size));
      }
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try {
      ImageIO.write(picture, "png", out);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    return out.toByteArray();
  }

  // What others see

  /** The requests whose records have this key. */
  List<GenerationRequest> requests(String key) throws Exception {
    RecordReader<GenerationRequest> reader = new RecordReader<>(GenerationRequest.class, null);
    List<GenerationRequest> requests = new ArrayList<>();
    for (ConsumerRecord<byte[], byte[]> record : records("requests")) {
      if (key.equals(new String(record.key(), StandardCharsets.UTF_8))) {
        requests.add(reader.read(record.value()));
      }
    }
    return requests;
  }

  List<String> cancelled() {
    return records("cancel").stream()
        .map(record -> new String(record.key(), StandardCharsets.UTF_8))
        .toList();
  }

  private List<ConsumerRecord<byte[], byte[]>> records(String topic) {
    List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
    try (KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(client(), new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      List<TopicPartition> partition = List.of(new TopicPartition(topic, 0));
      consumer.assign(partition);
      consumer.seekToBeginning(partition);
      long end = consumer.endOffsets(partition).get(partition.get(0));
      while (consumer.position(partition.get(0)) < end) {
        consumer.poll(Duration.ofMillis(100)).forEach(records::add);
      }
    }
    return records;
  }

  String token() throws Exception {
    return token(address());
  }

  private String token(URI gallery) throws Exception {
    String page =
        http.send(HttpRequest.newBuilder(gallery).build(), BodyHandlers.ofString()).body();
    Matcher token = Pattern.compile("data-token=\"([0-9a-f]{48})\"").matcher(page);
    if (!token.find()) {
      throw new AssertionError("no token in the page");
    }
    return token.group(1);
  }

  HttpResponse<String> cancelAt(URI gallery, String requestId) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(gallery.resolve("/cancellations"))
            .header("Content-Type", "application/json")
            .header("X-Dig-Token", token(gallery))
            .POST(HttpRequest.BodyPublishers.ofString("{\"request_id\":\"" + requestId + "\"}"))
            .build();
    return http.send(request, BodyHandlers.ofString());
  }

  HttpResponse<String> get(String path) throws Exception {
    return http.send(
        HttpRequest.newBuilder(address().resolve(path)).build(), BodyHandlers.ofString());
  }

  /** A post with headers, given as names and values by turns. */
  HttpResponse<String> post(String path, String body, String... headers) throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(address().resolve(path))
            .POST(HttpRequest.BodyPublishers.ofString(body));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return http.send(request.build(), BodyHandlers.ofString());
  }

  @Override
  public void close() {
    gallery.close();
    job.close();
    kafka.close();
  }
}
