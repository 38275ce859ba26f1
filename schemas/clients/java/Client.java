import io.digflink.schemas.GeneratedImage;
import io.digflink.schemas.GenerationRequest;
import io.digflink.schemas.RejectedRequest;
import io.digflink.schemas.codec.JsonCodec;
import io.digflink.schemas.codec.RecordCodec;
import java.nio.charset.StandardCharsets;
import java.nio.file.*;
import java.time.Duration;
import java.util.*;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.*;

/** Asks a job of --topics.format json for an image: java -cp … Client.java BROKERS MODEL LABEL FILE */
public class Client {
  public static void main(String[] args) throws Exception {
    Map<String, Object> client = new HashMap<>(Map.of("bootstrap.servers", args[0]));
    client.put("isolation.level", "read_committed");
    // First: Avro builds records only once it trusts their package, which the codecs tell it.
    RecordCodec<GenerationRequest> requests = RecordCodec.of(GenerationRequest.class);
    String id = UUID.randomUUID().toString();
    GenerationRequest request =
        GenerationRequest.newBuilder()
            .setRequestId(id)
            .setModel(args[1])
            .setLabels(List.of(Integer.valueOf(args[2])))
            .setSteps(10)
            .build();
    JsonCodec<GeneratedImage> images = JsonCodec.of(GeneratedImage.class);
    ByteArrayDeserializer bytes = new ByteArrayDeserializer();
    try (var consumer = new KafkaConsumer<byte[], byte[]>(client, bytes, bytes);
        var producer =
            new KafkaProducer<>(client, new ByteArraySerializer(), new ByteArraySerializer())) {
      List<TopicPartition> partitions = new ArrayList<>();
      for (String topic : List.of("dig.images", "dig.rejected")) {
        consumer.partitionsFor(topic).forEach(p -> partitions.add(new TopicPartition(topic, p.partition())));
      }
      consumer.assign(partitions);
      consumer.seekToEnd(partitions);
      partitions.forEach(consumer::position); // fixed before the request is sent
      byte[] key = id.getBytes(StandardCharsets.UTF_8);
      byte[] value = requests.encode(request);
      producer.send(new ProducerRecord<>("dig.requests", key, value)).get();
      while (true) {
        for (ConsumerRecord<byte[], byte[]> answer : consumer.poll(Duration.ofSeconds(1))) {
          if (!Arrays.equals(answer.key(), key)) continue;
          if (answer.topic().equals("dig.rejected")) {
            throw new IllegalStateException(JsonCodec.of(RejectedRequest.class).decode(answer.value()).getMessage());
          }
          GeneratedImage image = images.decode(answer.value());
          Files.write(Path.of(args[3]), image.getBytes().array());
          System.out.println(args[3] + ": sha256 " + image.getSha256());
          return;
        }
      }
    }
  }
}
