package io.digflink.k8s.image;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.digflink.cli.SynthesizeCommand;
import io.digflink.k8s.K8sFolder;
import io.digflink.k8s.manifest.Manifest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.commons.codec.digest.DigestUtils;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** Makes a data set as the manifests do: the Job's client, from the image, on a session cluster. */
class DataSetJobITCase {
  private static final int LONGEST_SECONDS = 60;

  @TempDir private static Path directory;

  @Test
  void theJobMakesOnTheSessionClusterTheSameBytesAsTheCommandDoesAlone() throws Exception {
    Path image = ImageStack.buildImage(directory);
    ImageStack.export(directory.resolve("models").resolve(ImageStack.MODEL));
    Path spec = spec();
    String log;
    JsonNode jobs;
    try (SessionCluster cluster =
        SessionCluster.start(image, manifest("FlinkDeployment"), Map.of())) {
      log = runClient(cluster, image, spec);
      jobs = cluster.jobs();
    }
    Path alone = directory.resolve("alone");
    int exitCode =
        new CommandLine(new SynthesizeCommand())
            .execute(
                "--spec=" + spec,
                "--out=" + alone,
                "--models=" + directory.resolve("models"),
                "--device=cpu");

    assertThat(exitCode).isZero();
    assertThat(log).contains("40 images in");
    assertThat(jobs).hasSize(1);
    assertThat(jobs.get(0).path("name").asText()).isEqualTo("dig-synthesize");
    assertThat(jobs.get(0).path("state").asText()).isEqualTo("FINISHED");
    assertThat(digests(directory.resolve("datasets/example")))
        .hasSize(6)
        .containsKey("data/train-00002-of-00003.parquet")
        .isEqualTo(digests(alone));
  }

  /** Runs the Job's command; returns what it wrote. */
  private static String runClient(SessionCluster cluster, Path image, Path spec) throws Exception {
    Map<String, String> places =
        Map.of(
            "dig-synthesize-rest", "localhost",
            "rest.port=8081", "rest.port=" + cluster.restPort(),
            "/opt/flink/usrlib", image.resolve("opt/flink/usrlib").toString(),
            "/etc/dig/dataset/spec.yaml", spec.toString(),
            "/datasets/$(DATASET)", directory.resolve("datasets/example").toString(),
            "/models", directory.resolve("models").toString());
    JsonNode container = manifest("Job").at("/spec/template/spec/containers/0");
    assertThat(container.at("/command/0").asText()).isEqualTo("/opt/flink/bin/flink");
    List<String> arguments = new ArrayList<>();
    container.path("args").forEach(a -> arguments.add(DeployedJob.replace(a.asText(), places)));

    Process client = cluster.client("client.log", arguments);
    boolean ended = client.waitFor(LONGEST_SECONDS, TimeUnit.SECONDS);
    client.destroyForcibly();
    assertThat(ended).as(cluster.logs()).isTrue();
    assertThat(client.exitValue()).as(cluster.logs()).isZero();
    return Files.readString(image.resolve("client.log"));
  }

  private static Manifest manifest(String kind) throws IOException {
    String folder = kind.equals("Job") ? "synthesize" : "base";
    return Manifest.readAll(K8sFolder.path().resolve(folder)).stream()
        .filter(manifest -> manifest.kind().equals(kind))
        .filter(manifest -> manifest.name().equals("dig-synthesize"))
        .findFirst()
        .orElseThrow();
  }

  /** Parquet: no other format needs as much of the jar. */
  private static Path spec() throws IOException {
    return Files.writeString(
        directory.resolve("spec.yaml"),
        """
        model: fashion-dig
        images: 40
        seed: 3
        samplers: [{name: dpm++, steps: 3}]
        image: {width: 32, height: 32}
        output: {format: parquet, shard_size: 16, latents: true}
        """);
  }

  private static SortedMap<String, String> digests(Path dataset) throws IOException {
    SortedMap<String, String> digests = new TreeMap<>();
    try (Stream<Path> files = Files.walk(dataset)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        digests.put(
            dataset.relativize(file).toString(), DigestUtils.sha256Hex(Files.readAllBytes(file)));
      }
    }
    return digests;
  }
}
