package io.digflink.tests.synthesis;

import static org.assertj.core.api.Assertions.assertThat;

import io.digflink.cli.client.RequestSender;
import io.digflink.cli.embedded.EmbeddedKafka;
import io.digflink.tests.support.Requests;
import io.digflink.tests.support.TestModels;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Properties;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SynthesizeTopicITCase {
  private static final String TOPIC = "to-make";

  @TempDir private Path directory;

  @Test
  void theRequestsOfATopicBecomeADataSetAndWhatIsNoneIsListed() throws Exception {
    TestModels.exportPlain(directory.resolve("models"));
    Path out = directory.resolve("out");
    String output;
    try (EmbeddedKafka kafka = EmbeddedKafka.start(directory.resolve("kafka"))) {
      kafka.createTopics(List.of(TOPIC), 1);
      send(kafka);
      output = SynthesizeProcess.start(spec(kafka), out, 1).expect(3);
    }

    assertThat(output).contains("5 images in").contains("1 images failed: see");
    assertThat(Files.readAllLines(out.resolve("metadata.jsonl")))
        .hasSize(5)
        .allMatch(line -> line.contains("\"seed\":\"7\"") || line.contains("\"seed\":\"8\""))
        .anyMatch(line -> line.contains("\"index\":4,\"label\":6,"));
    assertThat(Files.readAllLines(out.resolve("failed.jsonl")))
        .hasSize(2)
        .anyMatch(line -> line.contains("\"images\":0,\"reason\":\"MALFORMED\""))
        .anyMatch(line -> line.contains("\"images\":1,\"reason\":\"UNKNOWN_MODEL\""));
  }

  private static void send(EmbeddedKafka kafka) throws Exception {
    Properties client = new Properties();
    client.setProperty("bootstrap.servers", kafka.bootstrapServers());
    try (RequestSender sender = new RequestSender(client, TOPIC)) {
      sender.send(Requests.of("a").setLabels(List.of(3, 5)).setImagesPerLabel(2).build());
      sender.send(null, "no request".getBytes(StandardCharsets.UTF_8));
      sender.send(Requests.of("b").setLabels(List.of(6)).setSeed(8).build());
      sender.send(Requests.of("c").setModel("other").build());
    }
  }

  private Path spec(EmbeddedKafka kafka) throws Exception {
    return Files.writeString(
        directory.resolve("spec.yaml"),
        """
        model: plain
        requests: {bootstrap_servers: "%s", topic: %s}
        output: {format: npz, shard_size: 2}
        """
            .formatted(kafka.bootstrapServers(), TOPIC));
  }
}
