package io.digflink.k8s.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.digflink.k8s.K8sFolder;
import io.digflink.k8s.manifest.Manifest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Builds the image's file system in a folder and runs the pods' commands from it. */
class ImageITCase {
  @TempDir private static Path directory;
  private static ImageStack stack;

  @BeforeAll
  static void prepare() throws Exception {
    stack = ImageStack.prepare(directory);
  }

  @AfterAll
  static void close() {
    if (stack != null) {
      stack.close();
    }
  }

  @Test
  void everySourceOfTheCpuImageIsInTheBuildsOutput() throws Exception {
    assertThat(sources("cpu")).isNotEmpty().allSatisfy(source -> assertThat(source).exists());
  }

  @Test
  void everySourceOfTheCudaImageIsInTheBuildsOutput() throws Exception {
    assumeTrue(
        Files.exists(K8sFolder.path().resolve("target/image/cuda")),
        "Not built: the CUDA image's libraries, which mvn -Pcuda package takes");

    assertThat(sources("cuda"))
        .filteredOn(source -> source.startsWith(K8sFolder.repository()))
        .hasSize(2)
        .allSatisfy(source -> assertThat(source).exists());
  }

  @Test
  void theInitContainerLetsAnIntactBundlePass() throws Exception {
    Path log = stack.resolve("intact.log");

    int exitCode = DeployedJob.run(stack.image(), initContainer(), stack.places(), log);

    assertThat(exitCode).as(Files.readString(log)).isZero();
    assertThat(log).content().containsPattern("(?m)^" + ImageStack.MODEL + " [0-9a-f]{64} in ");
  }

  @Test
  void theInitContainerStopsAPodWhoseBundleWasChanged() throws Exception {
    Path denoiser = stack.resolve("models").resolve(ImageStack.MODEL).resolve("denoiser.onnx");
    byte[] original = Files.readAllBytes(denoiser);
    byte[] changed = original.clone();
    changed[changed.length / 2] ^= 1;
    Files.write(denoiser, changed);
    Path log = stack.resolve("changed.log");

    int exitCode = DeployedJob.run(stack.image(), initContainer(), stack.places(), log);

    Files.write(denoiser, original);
    assertThat(exitCode).isNotZero();
    assertThat(log).content().contains("denoiser.onnx").contains("SHA-256");
  }

  private static List<Path> sources(String variant) throws Exception {
    return new ImageBuild(
            ImageStack.dockerfile(), ImageStack.stageFolders(directory.resolve("flink-image")))
        .sources(variant);
  }

  private static List<String> initContainer() throws Exception {
    Manifest deployment = stack.deployment();
    JsonNode container = deployment.at("/spec/taskManager/podTemplate/spec/initContainers/0");
    List<String> command = new ArrayList<>();
    container.path("command").forEach(word -> command.add(word.asText()));
    container.path("args").forEach(word -> command.add(word.asText()));
    return command;
  }
}
