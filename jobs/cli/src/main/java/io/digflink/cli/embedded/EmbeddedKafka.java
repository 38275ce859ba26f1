package io.digflink.cli.embedded;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Collection;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import org.apache.kafka.common.utils.Time;

/** One Kafka node in this JVM. */
public final class EmbeddedKafka implements AutoCloseable {
  private final KafkaRaftServer server;
  private final KafkaNode node;

  private EmbeddedKafka(KafkaRaftServer server, KafkaNode node) {
    this.server = server;
    this.node = node;
  }

  /**
   * Formats a log directory and starts the node; returns when it serves clients.
   *
   * @param directory an empty directory, which the node fills with its configuration and logs
   */
  public static EmbeddedKafka start(Path directory) throws IOException {
    KafkaNode node = KafkaNode.format(directory);
    KafkaRaftServer server =
        new KafkaRaftServer(new KafkaConfig(node.properties(), false), Time.SYSTEM);
    server.startup();
    return new EmbeddedKafka(server, node);
  }

  /** Host and port for {@code bootstrap.servers}. */
  public String bootstrapServers() {
    return node.bootstrapServers();
  }

  /** Creates topics with the same number of partitions; returns when they can be used. */
  public void createTopics(Collection<String> names, int partitions) throws InterruptedException {
    node.createTopics(names, partitions);
  }

  @Override
  public void close() {
    server.shutdown();
    server.awaitShutdown();
  }
}
