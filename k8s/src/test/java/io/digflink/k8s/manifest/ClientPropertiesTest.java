package io.digflink.k8s.manifest;

import static org.assertj.core.api.Assertions.assertThat;

import io.digflink.k8s.K8sFolder;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.common.config.SaslConfigs;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClientPropertiesTest {
  private static final String LOGIN =
      "org.apache.kafka.common.security.scram.ScramLoginModule required"
          + " username=\"dig-generate\" password=\"secret\";";

  @TempDir private Path secrets;

  @Test
  void aKafkaClientKnowsEveryKeyAndTakesTheSecretFromTheMountedFolder() throws Exception {
    Files.writeString(secrets.resolve("sasl.jaas.config"), LOGIN);
    String text =
        Files.readString(K8sFolder.path().resolve("base/client.properties"))
            .replace("/secrets/kafka-user", secrets.toString());
    Properties properties = new Properties();
    properties.load(new StringReader(text));
    Map<String, Object> settings = new HashMap<>();
    properties.stringPropertyNames().forEach(key -> settings.put(key, properties.get(key)));
    settings.put(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, "localhost:9093");
    settings.put(ConsumerConfig.KEY_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class);
    settings.put(ConsumerConfig.VALUE_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class);

    ConsumerConfig config = new ConsumerConfig(settings);

    assertThat(config.getPassword(SaslConfigs.SASL_JAAS_CONFIG).value()).isEqualTo(LOGIN);
    assertThat(text).doesNotContain("password");
    assertThat(ConsumerConfig.configNames())
        .containsAll(
            properties.stringPropertyNames().stream()
                .filter(key -> !key.startsWith("config.providers"))
                .toList());
  }
}
