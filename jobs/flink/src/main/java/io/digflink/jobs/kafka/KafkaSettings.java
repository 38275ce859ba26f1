package io.digflink.jobs.kafka;

import java.time.Duration;
import java.util.Objects;
import java.util.Properties;
import org.apache.kafka.clients.CommonClientConfigs;

/**
 * How the job reaches Kafka.
 *
 * @param bootstrapServers brokers, host:port, separated by commas
 * @param properties further settings of all clients
 * @param groupId consumer group
 * @param transactionPrefix start of the transactional ids
 * @param transactionTimeout after which brokers abort a transaction
 */
public record KafkaSettings(
    String bootstrapServers,
    Properties properties,
    String groupId,
    String transactionPrefix,
    Duration transactionTimeout) {
  public KafkaSettings {
    Objects.requireNonNull(bootstrapServers, "bootstrapServers");
    if (transactionTimeout.isNegative() || transactionTimeout.isZero()) {
      throw new IllegalArgumentException(
          "Expected a positive transaction timeout, found " + transactionTimeout);
    }
  }

  /** Settings of any client: the properties, and the brokers. */
  public Properties client() {
    Properties client = new Properties();
    client.putAll(properties);
    client.setProperty(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers);
    return client;
  }

  /** Not the properties: they may hold passwords. */
  @Override
  public String toString() {
    return "Kafka at " + bootstrapServers;
  }
}
