package io.digflink.k8s.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.digflink.bundle.BundleDirectory;
import io.digflink.cli.ExportCommand;
import io.digflink.k8s.K8sFolder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

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
        .hasSize(3)
        .allSatisfy(source -> assertThat(source).exists());
  }

  @Test
  void theInitContainerLetsAnIntactBundlePass() throws Exception {
    Path log = stack.resolve("intact.log");

    int exitCode = stack.initialize(log);

    assertThat(exitCode).as(Files.readString(log)).isZero();
    assertThat(log).content().containsPattern("(?m)^" + ImageStack.MODEL + " [0-9a-f]{64} in ");
  }

  @Test
  void theInitContainerStopsAPodWhoseBundleWasChanged() throws Exception {
    Path denoiser = stack.resolve("bundles").resolve(ImageStack.MODEL).resolve("denoiser.onnx");
    byte[] original = Files.readAllBytes(denoiser);
    byte[] changed = original.clone();
    changed[changed.length / 2] ^= 1;
    Files.write(denoiser, changed);
    Path log = stack.resolve("changed.log");

    int exitCode = stack.initialize(log);

    Files.write(denoiser, original);
    assertThat(exitCode).isNotZero();
    assertThat(log).content().contains("denoiser.onnx").contains("SHA-256");
  }

  @Test
  void theModelsImageHasTheDemoModelWhereTheInitContainerLooksForIt() throws Exception {
    Instruction copy =
        ImageStack.dockerfile().stage("models").instructions().stream()
            .filter(instruction -> instruction.is("COPY"))
            .findFirst()
            .orElseThrow();
    assertThat(copy.words()).containsExactly("/src/k8s/target/models/", "/bundles/");
    Path bundles = stack.resolve("demo");

    int exitCode = new CommandLine(new ExportCommand()).execute(exportArguments(bundles));

    assertThat(exitCode).isZero();
    try (Stream<Path> found = Files.list(bundles)) {
      assertThat(found).containsExactly(bundles.resolve("fashion-dig"));
    }
    BundleDirectory.open(bundles.resolve("fashion-dig")).verify();
  }

  private static List<Path> sources(String variant) throws Exception {
    return new ImageBuild(
            ImageStack.dockerfile(), ImageStack.stageFolders(directory.resolve("flink-image")))
        .sources(variant);
  }

  /** The arguments of {@code ./dig export} in the stage that builds, with paths of this machine. */
  private static String[] exportArguments(Path out) throws Exception {
    String run =
        ImageStack.dockerfile().stage("build-cpu").instructions().stream()
            .filter(instruction -> instruction.is("RUN"))
            .map(Instruction::arguments)
            .filter(arguments -> arguments.contains("./dig export "))
            .findFirst()
            .orElseThrow();
    String arguments = run.substring(run.indexOf("./dig export ") + "./dig export ".length());
    return arguments
        .replace("model-export/", K8sFolder.repository().resolve("model-export") + "/")
        .replace("k8s/target/models/", out + "/")
        .strip()
        .split("\\s+");
  }
}
