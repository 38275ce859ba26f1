package io.digflink.k8s.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.digflink.k8s.K8sFolder;
import io.digflink.k8s.manifest.Kustomize;
import io.digflink.k8s.manifest.Manifest;
import io.digflink.k8s.manifest.Rendered;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The session cluster with components/tls, as processes: who is let in. */
class MutualTlsITCase {
  private static final Duration LONGEST = Duration.ofSeconds(60);

  @TempDir private static Path directory;
  private static TestCertificates certificates;
  private static List<Manifest> rendered;
  private static SessionCluster cluster;

  @BeforeAll
  static void startTheCluster() throws Exception {
    Kustomize.require();
    certificates = TestCertificates.make(directory.resolve("tls"));
    rendered = render();
    Path image = ImageStack.buildImage(directory);
    cluster =
        SessionCluster.start(
            image, Rendered.one(rendered, "FlinkDeployment", "dig-synthesize"), places());
    await()
        .atMost(LONGEST)
        .ignoreExceptionsInstanceOf(IOException.class)
        .untilAsserted(
            () ->
                assertThat(get(withCertificate(), "/overview").body())
                    .as(cluster.logs())
                    .contains("\"taskmanagers\":1"));
  }

  @AfterAll
  static void stopTheCluster() {
    if (cluster != null) {
      cluster.close();
    }
  }

  @Test
  void aTaskManagerWithTheCertificateIsLetIn() throws Exception {
    assertThat(get(withCertificate(), "/overview").body()).contains("\"taskmanagers\":1");
  }

  @Test
  void whoeverHasNoCertificateCanNeitherLookNorSubmit() {
    URI jobs = URI.create("https://localhost:" + cluster.restPort() + "/jobs");
    HttpRequest submission = HttpRequest.newBuilder(jobs).POST(BodyPublishers.noBody()).build();

    assertThatThrownBy(() -> get(withoutCertificate(), "/overview"))
        .isInstanceOf(IOException.class);
    assertThatThrownBy(() -> withoutCertificate().send(submission, BodyHandlers.ofString()))
        .isInstanceOf(IOException.class);
  }

  @Test
  void withTheCertificateASubmissionIsRead() throws Exception {
    URI jobs = URI.create("https://localhost:" + cluster.restPort() + "/jobs");
    HttpRequest submission = HttpRequest.newBuilder(jobs).POST(BodyPublishers.noBody()).build();

    // web.submit.enable is false, and still it is only the request that is found wanting.
    assertThat(withCertificate().send(submission, BodyHandlers.ofString()).body())
        .contains("jobGraphFileName field must not be omitted");
  }

  @Test
  void theRpcPortWantsACertificateToo() throws Exception {
    assertThatThrownBy(() -> shakeHands(cluster.rpcPort(), false)).isInstanceOf(IOException.class);
    shakeHands(cluster.rpcPort(), true);
  }

  private static void shakeHands(int port, boolean known) throws IOException {
    try (SSLSocket socket =
        (SSLSocket) context(known).getSocketFactory().createSocket("localhost", port)) {
      socket.setEnabledProtocols(new String[] {"TLSv1.2"});
      socket.startHandshake();
    }
  }

  @Test
  void theDataSetsClientReachesItWithTheJobsArguments() throws Exception {
    Manifest job = Rendered.one(rendered, "Job", "dig-synthesize-example");
    List<String> arguments = new ArrayList<>(List.of("list"));
    for (JsonNode argument : job.at("/spec/template/spec/containers/0/args")) {
      if (argument.asText().startsWith("-")
          && (argument.asText().startsWith("-D") || argument.asText().startsWith("--target"))) {
        arguments.add(
            DeployedJob.replace(argument.asText(), places())
                .replace("dig-synthesize-rest", "localhost")
                .replace("rest.port=8081", "rest.port=" + cluster.restPort()));
      }
    }

    Process client = cluster.client("list.log", arguments);
    boolean ended = client.waitFor(LONGEST.toSeconds(), TimeUnit.SECONDS);
    client.destroyForcibly();

    assertThat(ended).as(cluster.logs()).isTrue();
    assertThat(cluster.logs()).contains("No running jobs.");
    assertThat(client.exitValue()).isZero();
  }

  private static Map<String, String> places() {
    return Map.of("/etc/dig/tls", certificates.folder().toString());
  }

  /** The dev overlay and its data set, with the component. */
  private static List<Manifest> render() throws Exception {
    Path folder = Files.createDirectory(directory.resolve("kustomization"));
    String modules = folder.toRealPath().relativize(K8sFolder.path().toRealPath()) + "/";
    Files.writeString(
        folder.resolve("kustomization.yaml"),
        """
        resources: [%1$soverlays/dev, %1$soverlays/dev/synthesize]
        components: [%1$scomponents/tls]
        """
            .formatted(modules));
    return Kustomize.require().render(folder);
  }

  private static HttpResponse<String> get(HttpClient client, String path)
      throws IOException, InterruptedException {
    URI uri = URI.create("https://localhost:" + cluster.restPort() + path);
    return client.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString());
  }

  private static HttpClient withCertificate() {
    return HttpClient.newBuilder().sslContext(context(true)).build();
  }

  private static HttpClient withoutCertificate() {
    return HttpClient.newBuilder().sslContext(context(false)).build();
  }

  private static SSLContext context(boolean known) {
    try {
      KeyManager[] keys = null;
      if (known) {
        KeyManagerFactory factory = KeyManagerFactory.getInstance("PKIX");
        factory.init(store(certificates.keystore()), TestCertificates.PASSWORD.toCharArray());
        keys = factory.getKeyManagers();
      }
      TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
      trust.init(store(certificates.truststore()));
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(keys, trust.getTrustManagers(), null);
      return context;
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  private static KeyStore store(String file) throws Exception {
    KeyStore store = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(Path.of(file))) {
      store.load(in, TestCertificates.PASSWORD.toCharArray());
    }
    return store;
  }
}
