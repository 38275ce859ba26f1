package io.digflink.lab.cluster;

import io.digflink.cli.embedded.KafkaNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Properties;

/** A Kafka broker in a JVM of its own. */
public final class KafkaProcess implements AutoCloseable {
  private final KafkaNode node;
  private final JvmProcess process;

  private KafkaProcess(KafkaNode node, JvmProcess process) {
    this.node = node;
    this.process = process;
  }

  /** Formats a directory and starts the broker; clients wait until it serves. */
  public static KafkaProcess start(Path directory, Path logging, Host host) throws IOException {
    KafkaNode node = KafkaNode.format(directory, host.address());
    JvmProcess process =
        new JvmProcess(
            directory.resolve("broker.log"),
            host,
            List.of(
                "-Xmx512m",
                "-XX:TieredStopAtLevel=1",
                "-Dlog4j2.configurationFile=" + logging,
                "-cp",
                FlinkLibraries.all(),
                "kafka.Kafka",
                node.configuration().toString()));
    process.start();
    return new KafkaProcess(node, process);
  }

  public KafkaNode node() {
    return node;
  }

  public JvmProcess process() {
    return process;
  }

  /** Settings of a client. */
  public Properties client() {
    Properties client = new Properties();
    client.setProperty("bootstrap.servers", node.bootstrapServers());
    return client;
  }

  @Override
  public void close() {
    process.close();
  }
}
