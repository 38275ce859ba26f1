package io.digflink.cli.embedded;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import kafka.tools.StorageTool;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.Uuid;

/**
 * A Kafka node that is formatted and not started: broker and KRaft controller in one, on ephemeral
 * local ports. It may be started in this JVM or in one of its own, again and again.
 *
 * @param configuration its {@code server.properties}
 * @param properties what that file says
 * @param bootstrapServers host and port for {@code bootstrap.servers}
 */
public record KafkaNode(Path configuration, Properties properties, String bootstrapServers) {
  private static final String LOCAL = "localhost";

  /**
   * Formats a log directory.
   *
   * @param directory an empty directory, which takes the configuration and the logs
   */
  public static KafkaNode format(Path directory) throws IOException {
    return format(directory, LOCAL);
  }

  /**
   * Formats a log directory of a node that clients find elsewhere.
   *
   * @param host name or address that it listens on
   */
  public static KafkaNode format(Path directory, String host) throws IOException {
    int brokerPort;
    int controllerPort;
    // Both sockets are open at once, so that the two ports differ.
    try (ServerSocket broker = ephemeralSocket();
        ServerSocket controller = ephemeralSocket()) {
      brokerPort = broker.getLocalPort();
      controllerPort = controller.getLocalPort();
    }
    Properties properties = properties(directory.resolve("logs"), host, brokerPort, controllerPort);
    return new KafkaNode(format(directory, properties), properties, host + ":" + brokerPort);
  }

  /** Creates topics with the same number of partitions; returns when they can be used. */
  public void createTopics(Collection<String> names, int partitions) throws InterruptedException {
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrapServers))) {
      admin
          .createTopics(
              names.stream()
                  .map(name -> new NewTopic(name, partitions, (short) 1))
                  .collect(Collectors.toList()))
          .all()
          .get();
    } catch (ExecutionException e) {
      throw new IllegalStateException("Cannot create the topics " + names, e.getCause());
    }
  }

  private static ServerSocket ephemeralSocket() throws IOException {
    return new ServerSocket(0, 1, InetAddress.getByName(LOCAL));
  }

  private static Properties properties(Path logs, String host, int brokerPort, int controllerPort) {
    Properties p = new Properties();
    p.setProperty("process.roles", "broker,controller");
    p.setProperty("node.id", "1");
    p.setProperty("controller.quorum.voters", "1@" + host + ":" + controllerPort);
    p.setProperty("controller.listener.names", "CONTROLLER");
    p.setProperty(
        "listeners",
        "PLAINTEXT://" + host + ":" + brokerPort + ",CONTROLLER://" + host + ":" + controllerPort);
    p.setProperty("log.dirs", logs.toString());
    // A mistyped topic is an error, not a new topic.
    p.setProperty("auto.create.topics.enable", "false");
    // A single node holds the only copy of everything.
    p.setProperty("offsets.topic.replication.factor", "1");
    p.setProperty("offsets.topic.num.partitions", "1");
    p.setProperty("transaction.state.log.replication.factor", "1");
    p.setProperty("transaction.state.log.min.isr", "1");
    p.setProperty("transaction.state.log.num.partitions", "4");
    p.setProperty("share.coordinator.state.topic.replication.factor", "1");
    p.setProperty("share.coordinator.state.topic.min.isr", "1");
    p.setProperty("group.initial.rebalance.delay.ms", "0");
    return p;
  }

  private static Path format(Path directory, Properties properties) throws IOException {
    Files.createDirectories(directory);
    Path file = directory.resolve("server.properties");
    try (var out = Files.newOutputStream(file)) {
      properties.store(out, null);
    }
    ByteArrayOutputStream said = new ByteArrayOutputStream();
    int status =
        StorageTool.execute(
            new String[] {
              "format", "--config", file.toString(), "--cluster-id", Uuid.randomUuid().toString()
            },
            new PrintStream(said, true, StandardCharsets.UTF_8));
    if (status != 0) {
      throw new IOException(
          "Cannot format "
              + directory
              + " for a Kafka broker: "
              + said.toString(StandardCharsets.UTF_8)
              + " Give an empty directory.");
    }
    return file;
  }
}
