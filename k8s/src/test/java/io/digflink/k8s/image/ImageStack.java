package io.digflink.k8s.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.digflink.cli.ExportCommand;
import io.digflink.cli.client.RequestSender;
import io.digflink.cli.client.TopicReader;
import io.digflink.cli.embedded.EmbeddedKafka;
import io.digflink.jobs.generate.GenerateOptions;
import io.digflink.k8s.K8sFolder;
import io.digflink.k8s.manifest.Kustomize;
import io.digflink.k8s.manifest.Manifest;
import io.digflink.k8s.options.JobOptions;
import io.digflink.schemas.GeneratedImage;
import io.digflink.schemas.GenerationRequest;
import io.digflink.schemas.codec.TrustedRecords;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import picocli.CommandLine;

/** The image's file system, a model and a broker: all that the dev overlay's job needs to run. */
public final class ImageStack implements AutoCloseable {
  /** The demo model's name. */
  public static final String MODEL = "fashion-dig";

  private final Path directory;
  private final EmbeddedKafka kafka;
  private final int metricsPort;

  private ImageStack(Path directory, EmbeddedKafka kafka, int metricsPort) {
    this.directory = directory;
    this.kafka = kafka;
    this.metricsPort = metricsPort;
  }

  /** Prepares everything in a directory; skips the test if something is not built. */
  public static ImageStack prepare(Path directory) throws Exception {
    TrustedRecords.install();
    Kustomize.require();
    buildImage(directory);
    export(directory.resolve("bundles").resolve(MODEL));
    Files.createFile(directory.resolve("client.properties"));
    EmbeddedKafka kafka = EmbeddedKafka.start(directory.resolve("kafka"));
    kafka.createTopics(JobOptions.topics(), 2);
    try (ServerSocket free = new ServerSocket(0)) {
      return new ImageStack(directory, kafka, free.getLocalPort());
    }
  }

  /**
   * Runs the init container of the deployment's TaskManagers.
   *
   * @return its exit code
   */
  public int initialize(Path log) throws Exception {
    JsonNode container = deployment().at("/spec/taskManager/podTemplate/spec/initContainers/0");
    List<String> command = new ArrayList<>();
    container.path("command").forEach(word -> command.add(word.asText()));
    container.path("args").forEach(word -> command.add(word.asText()));
    return DeployedJob.run(image(), command, places(), log);
  }

  /**
   * Builds the CPU image's file system; skips the test if the job's jar is not built.
   *
   * @return its root
   */
  static Path buildImage(Path directory) throws IOException {
    Path jar = K8sFolder.repository().resolve("jobs/flink/target/dig-jobs.jar");
    assumeTrue(Files.exists(jar), "Not built: " + jar + ", which mvn package makes");
    Dockerfile dockerfile = dockerfile();
    String flinkVersion = dockerfile.stage("flink").base().replaceAll("flink:([0-9.]+)-.*", "$1");
    Path flinkImage = directory.resolve("flink-image");
    FlinkDistribution.layOut(flinkImage, flinkVersion);
    Path root = directory.resolve("image");
    new ImageBuild(dockerfile, stageFolders(flinkImage)).build("cpu", root);
    return root;
  }

  static Dockerfile dockerfile() throws IOException {
    return Dockerfile.parse(Files.readString(K8sFolder.path().resolve("image/Dockerfile")));
  }

  /** Sources come from the repository with its build output, Flink from the given folder. */
  static Map<String, Path> stageFolders(Path flinkImage) {
    return Map.of(
        "flink", flinkImage,
        "build-cpu", K8sFolder.repository(),
        "build-cuda", K8sFolder.repository());
  }

  /** Exports a small model under the demo model's name. */
  static void export(Path bundle) {
    Path golden = K8sFolder.repository().resolve("model-export/export/src/test/resources/golden");
    int exitCode =
        new CommandLine(new ExportCommand())
            .execute(
                golden.resolve("dig-plain/checkpoint.pt").toString(),
                "--config=" + golden.resolve("dig-plain/config.json"),
                "--vae=" + golden.resolve("vae"),
                "--name=" + MODEL,
                "--out=" + bundle);
    assertThat(exitCode).isZero();
  }

  /** The deployment of the dev overlay. */
  public Manifest deployment() throws Exception {
    Path overlay = K8sFolder.path().resolve("overlays/dev");
    return Kustomize.require().render(overlay).stream()
        .filter(manifest -> manifest.kind().equals("FlinkDeployment"))
        .filter(manifest -> manifest.name().equals("dig-generate"))
        .findFirst()
        .orElseThrow();
  }

  /** Starts the deployment's job from the image's files, with more arguments than it has. */
  public DeployedJob start(String... more) throws Exception {
    Path log = directory.resolve("init.log");
    int exitCode = initialize(log);
    assertThat(exitCode).as(Files.readString(log)).isZero();
    return DeployedJob.start(image(), deployment(), places(), more);
  }

  /** The root of the image's file system. */
  public Path image() {
    return directory.resolve("image");
  }

  /** A file or folder beside the image. */
  public Path resolve(String name) {
    return directory.resolve(name);
  }

  /** The port of the job's Prometheus reporter. */
  public int metricsPort() {
    return metricsPort;
  }

  /** Local replacements for names in the manifests, such as paths. */
  public Map<String, String> places() {
    return Map.of(
        "dig-kafka-bootstrap:9093", kafka.bootstrapServers(),
        "/etc/dig/kafka/client.properties", directory.resolve("client.properties").toString(),
        "/bundles", directory.resolve("bundles").toString(),
        "/models", directory.resolve("models").toString(),
        "/state", directory.resolve("state").toString(),
        "9249", Integer.toString(metricsPort));
  }

  /** Sends requests of one image each, and one that is rejected. */
  public void send(int images) throws InterruptedException {
    try (RequestSender sender =
        new RequestSender(client(), GenerateOptions.REQUESTS_TOPIC.defaultValue())) {
      for (int i = 0; i < images; i++) {
        sender.send(
            GenerationRequest.newBuilder()
                .setRequestId("request-" + i)
                .setModel(MODEL)
                .setLabels(List.of(i % 3))
                .setSeed(i)
                .setSampler("ddim")
                .setSteps(4)
                .build());
      }
      sender.send(null, new byte[] {1, 2, 3});
    }
  }

  /**
   * Sends requests of an hour ago for many images of many steps, and as many records that are none.
   */
  public void overload(String name, int requests) throws InterruptedException {
    try (RequestSender sender =
        new RequestSender(client(), GenerateOptions.REQUESTS_TOPIC.defaultValue())) {
      for (int i = 0; i < requests; i++) {
        sender.send(
            GenerationRequest.newBuilder()
                .setRequestId(name + "-" + i)
                .setModel(MODEL)
                .setLabels(List.of(0, 1, 2))
                .setImagesPerLabel(20)
                .setSeed(i)
                .setSampler("ddpm")
                .setSteps(200)
                .setCreatedAt(Instant.now().minus(Duration.ofHours(1)))
                .build());
        sender.send(null, new byte[] {1, 2, 3});
      }
    }
  }

  /** Reads that many committed images, which must come within a minute while the job runs. */
  public List<GeneratedImage> awaitImages(int count) {
    List<GeneratedImage> images = new ArrayList<>();
    try (TopicReader<GeneratedImage> reader =
        TopicReader.fromStart(
            client(), GenerateOptions.IMAGES_TOPIC.defaultValue(), GeneratedImage.class)) {
      for (int i = 0; i < 60 && images.size() < count; i++) {
        images.addAll(reader.poll(Duration.ofSeconds(1)));
      }
    }
    return images;
  }

  private Properties client() {
    Properties client = new Properties();
    client.setProperty("bootstrap.servers", kafka.bootstrapServers());
    return client;
  }

  @Override
  public void close() {
    kafka.close();
  }
}
