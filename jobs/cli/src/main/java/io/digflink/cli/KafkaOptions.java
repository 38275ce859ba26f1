package io.digflink.cli;

import io.digflink.jobs.kafka.ClientProperties;
import io.digflink.schemas.registry.SchemaRegistry;
import java.nio.file.Path;
import java.util.Properties;
import picocli.CommandLine.Option;

/** How a command reaches Kafka and the schema registry. */
class KafkaOptions {
  @Option(
      names = "--bootstrap-servers",
      required = true,
      paramLabel = "HOST:PORT",
      description = "Kafka brokers.")
  private String bootstrapServers;

  @Option(
      names = "--kafka-properties",
      paramLabel = "FILE",
      description =
          "Properties file with further settings of the Kafka client, such as TLS and SASL.")
  private Path properties;

  @Option(
      names = "--registry",
      paramLabel = "URL",
      description = "Schema registry, for records in Confluent's wire format.")
  private String registry;

  /** Settings of the client. */
  final Properties client() {
    Properties client =
        properties == null
            ? new Properties()
            : ClientProperties.read("--kafka-properties", properties);
    client.setProperty("bootstrap.servers", bootstrapServers);
    return client;
  }

  /** The registry, or null. */
  final SchemaRegistry registry() {
    return registry == null ? null : new SchemaRegistry(registry);
  }
}
