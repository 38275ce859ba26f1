package io.digflink.tests.secured;

import static org.assertj.core.api.Assertions.assertThat;

import io.digflink.cli.embedded.KafkaNode;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.ScramCredentialInfo;
import org.apache.kafka.clients.admin.ScramMechanism;
import org.apache.kafka.clients.admin.UserScramCredentialUpsertion;
import org.apache.kafka.common.utils.Time;

/**
 * A Kafka node whose clients speak TLS and log in by SCRAM-SHA-512, as a user who may do everything
 * or as one who may do nothing.
 */
final class SecuredKafka implements AutoCloseable {
  private static final String USER = "dig";
  private static final String STRANGER = "stranger";

  private static final String STORE_PASSWORD = "of-the-key-store";
  private static final String LOGIN = "org.apache.kafka.common.security.scram.ScramLoginModule";
  private static final int ITERATIONS = 4096;

  private final Path directory;
  private final KafkaRaftServer server;
  private final String bootstrapServers;

  private SecuredKafka(Path directory, KafkaRaftServer server, String bootstrapServers) {
    this.directory = directory;
    this.server = server;
    this.bootstrapServers = bootstrapServers;
  }

  /** Makes a certificate, starts the node and creates the users, of one password. */
  static SecuredKafka start(Path directory, String password) throws Exception {
    KafkaNode node = KafkaNode.format(directory.resolve("node"));
    makeCertificate(directory, "broker");
    String address;
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getByName("localhost"))) {
      address = "localhost:" + socket.getLocalPort();
    }
    Properties properties = new Properties();
    properties.putAll(node.properties());
    properties.putAll(listener(directory, properties.getProperty("listeners"), address));
    KafkaRaftServer server = new KafkaRaftServer(new KafkaConfig(properties, false), Time.SYSTEM);
    server.startup();
    createUser(node.bootstrapServers(), USER, password);
    createUser(node.bootstrapServers(), STRANGER, password);
    return new SecuredKafka(directory, server, address);
  }

  private static Map<String, String> listener(Path directory, String others, String address) {
    return Map.of(
        "authorizer.class.name",
        "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "super.users",
        "User:ANONYMOUS;User:" + USER,
        "listeners",
        others + ",SECURED://" + address,
        "listener.security.protocol.map",
        "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SECURED:SASL_SSL",
        "inter.broker.listener.name",
        "PLAINTEXT",
        "listener.name.secured.sasl.enabled.mechanisms",
        "SCRAM-SHA-512",
        "listener.name.secured.scram-sha-512.sasl.jaas.config",
        LOGIN + " required;",
        "listener.name.secured.ssl.keystore.location",
        directory.resolve("broker.p12").toString(),
        "listener.name.secured.ssl.keystore.password",
        STORE_PASSWORD,
        "listener.name.secured.ssl.key.password",
        STORE_PASSWORD);
  }

  /** A key store with a self-signed certificate of localhost, and the certificate as PEM. */
  private static void makeCertificate(Path directory, String name) throws Exception {
    String store = directory.resolve(name + ".p12").toString();
    keytool(
        List.of(
            "-genkeypair",
            "-alias",
            name,
            "-keyalg",
            "EC",
            "-storetype",
            "PKCS12",
            "-keystore",
            store,
            "-storepass",
            STORE_PASSWORD,
            "-dname",
            "CN=localhost",
            "-ext",
            "SAN=dns:localhost,ip:127.0.0.1"));
    keytool(
        List.of(
            "-exportcert",
            "-rfc",
            "-alias",
            name,
            "-keystore",
            store,
            "-storepass",
            STORE_PASSWORD,
            "-file",
            directory.resolve(name + ".pem").toString()));
  }

  private static void keytool(List<String> arguments) throws Exception {
    ProcessBuilder builder =
        new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
    builder.command().addAll(arguments);
    Process process = builder.redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes());
    assertThat(process.waitFor()).describedAs(said).isZero();
  }

  private static void createUser(String plainServers, String user, String password)
      throws Exception {
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", plainServers))) {
      admin
          .alterUserScramCredentials(
              List.of(
                  new UserScramCredentialUpsertion(
                      user,
                      new ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, ITERATIONS),
                      password)))
          .all()
          .get();
      Instant deadline = Instant.now().plusSeconds(30);
      while (!knows(user, admin)) {
        assertThat(Instant.now()).isBefore(deadline);
      }
    }
  }

  private static boolean knows(String user, Admin admin) throws InterruptedException {
    try {
      return admin.describeUserScramCredentials(List.of(user)).all().get().containsKey(user);
    } catch (ExecutionException e) {
      return false; // not there yet
    }
  }

  String bootstrapServers() {
    return bootstrapServers;
  }

  /** What a client's properties file says. */
  Properties client(String password) {
    Properties client = new Properties();
    client.setProperty("security.protocol", "SASL_SSL");
    client.setProperty("sasl.mechanism", "SCRAM-SHA-512");
    client.setProperty("sasl.jaas.config", login(USER, password));
    client.setProperty("ssl.truststore.type", "PEM");
    client.setProperty("ssl.truststore.location", directory.resolve("broker.pem").toString());
    return client;
  }

  /** The same, where the login is in a file of its own, which only the clients read. */
  Properties clientByReference(String password) throws IOException {
    Path secret = directory.resolve("login.properties");
    Properties login = new Properties();
    login.setProperty("login", login(USER, password));
    write(login, secret);
    Properties client = client(password);
    client.setProperty("config.providers", "file");
    client.setProperty(
        "config.providers.file.class",
        "org.apache.kafka.common.config.provider.FileConfigProvider");
    client.setProperty("sasl.jaas.config", "${file:" + secret + ":login}");
    return client;
  }

  /** The settings of a user who may do nothing. */
  Properties clientOfAStranger(String password) {
    Properties client = client(password);
    client.setProperty("sasl.jaas.config", login(STRANGER, password));
    return client;
  }

  /** The settings of a client that trusts somebody else's certificate. */
  Properties clientThatTrustsAnother(String password) throws Exception {
    makeCertificate(directory, "other");
    Properties client = client(password);
    client.setProperty("ssl.truststore.location", directory.resolve("other.pem").toString());
    return client;
  }

  /** Writes a properties file. */
  static Path write(Properties properties, Path file) throws IOException {
    try (var out = Files.newOutputStream(file)) {
      properties.store(out, null);
    }
    return file;
  }

  void createTopics(Properties client, List<String> names) throws Exception {
    Properties properties = new Properties();
    properties.putAll(client);
    properties.setProperty("bootstrap.servers", bootstrapServers);
    try (Admin admin = Admin.create(properties)) {
      admin
          .createTopics(names.stream().map(name -> new NewTopic(name, 1, (short) 1)).toList())
          .all()
          .get();
    }
  }

  private static String login(String user, String password) {
    return LOGIN + " required username=\"" + user + "\" password=\"" + password + "\";";
  }

  @Override
  public void close() {
    server.shutdown();
    server.awaitShutdown();
  }
}
