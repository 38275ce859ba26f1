package io.digflink.jobs.kafka;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.SslAuthenticationException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/**
 * Asks the brokers whether they let a client in, before anything else starts: a job with a wrong
 * password would otherwise fail and restart until its attempts are used up.
 */
public final class KafkaAccess {
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private KafkaAccess() {}

  /**
   * Looks up topics.
   *
   * @param client settings of Kafka clients, bootstrap.servers among them
   * @throws KafkaAccessException with what is wrong and what to do, such as a topic that does not
   *     exist; never with a secret
   */
  public static void check(Properties client, Collection<String> topics)
      throws KafkaAccessException, InterruptedException {
    Properties properties = new Properties();
    properties.putAll(client);
    String patience = Long.toString(PATIENCE.toMillis());
    properties.setProperty(AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, patience);
    properties.setProperty(AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG, patience);
    try (Admin admin = Admin.create(properties)) {
      List<String> missing = new ArrayList<>();
      for (var topic : admin.describeTopics(topics).topicNameValues().entrySet()) {
        if (!exists(topic.getValue())) {
          missing.add(topic.getKey());
        }
      }
      if (!missing.isEmpty()) {
        throw missing(properties, missing);
      }
    } catch (ExecutionException e) {
      throw failure(properties, topics, e.getCause());
    } catch (KafkaException e) {
      throw failure(properties, topics, e);
    }
  }

  private static boolean exists(KafkaFuture<TopicDescription> topic)
      throws ExecutionException, InterruptedException {
    try {
      topic.get();
      return true;
    } catch (ExecutionException e) {
      if (e.getCause() instanceof UnknownTopicOrPartitionException) {
        return false;
      }
      throw e;
    }
  }

  private static KafkaAccessException missing(Properties client, List<String> topics) {
    Collections.sort(topics);
    return new KafkaAccessException(
        false,
        (topics.size() == 1 ? "Expected the topic " : "Expected the topics ")
            + String.join(", ", topics)
            + " on "
            + brokers(client)
            + ", found no such topic: create "
            + (topics.size() == 1 ? "it" : "them")
            + ", or give other names",
        null);
  }

  private static String brokers(Properties client) {
    return "the Kafka brokers at " + client.getProperty(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG);
  }

  private static KafkaAccessException failure(
      Properties client, Collection<String> topics, Throwable failure) {
    String brokers = brokers(client);
    String protocol = client.getProperty(AdminClientConfig.SECURITY_PROTOCOL_CONFIG, "PLAINTEXT");
    if (failure instanceof TimeoutException) {
      return new KafkaAccessException(
          false,
          "Expected an answer from "
              + brokers
              + " within "
              + PATIENCE.toSeconds()
              + " s, found none: check the address, and that this listener speaks security.protocol "
              + protocol,
          failure);
    }
    boolean refused =
        failure instanceof AuthenticationException || failure instanceof AuthorizationException;
    return new KafkaAccessException(
        refused,
        "Expected "
            + brokers
            + " to let this client in, found: "
            + rootMessage(failure).replaceFirst("\\.$", "")
            + ". "
            + remedy(failure, topics, protocol),
        failure);
  }

  private static String remedy(Throwable failure, Collection<String> topics, String protocol) {
    if (failure instanceof SslAuthenticationException) {
      return "Check ssl.truststore.location in the client's properties file: it must hold the CA of"
          + " the brokers' certificates";
    }
    if (failure instanceof AuthenticationException) {
      return "Check user and password in sasl.jaas.config, and sasl.mechanism, in the client's"
          + " properties file";
    }
    if (failure instanceof AuthorizationException) {
      return "Grant its user Describe on the topics " + topics;
    }
    return "Check the client's properties file (security.protocol is " + protocol + ")";
  }

  /** What is at the bottom, such as the certificate behind a failed handshake. */
  private static String rootMessage(Throwable failure) {
    Throwable root = failure;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    return root == failure
        ? failure.getMessage()
        : failure.getMessage() + " (" + root.getMessage() + ")";
  }
}
