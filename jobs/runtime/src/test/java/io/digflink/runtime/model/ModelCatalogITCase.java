package io.digflink.runtime.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.digflink.bundle.BundleException;
import io.digflink.runtime.sampling.LatentShape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelCatalogITCase {
  @TempDir private static Path models;
  private static ModelBundle bundle;

  @TempDir private Path scratch;

  @BeforeAll
  static void export() throws IOException {
    bundle = TestBundles.digPlain(models);
    TestBundles.digUnconditional(models);
  }

  @Test
  void findsBundlesByName() throws IOException {
    ModelCatalog catalog = ModelCatalog.open(models);

    assertThat(catalog.names()).containsExactly("dig-plain", "dig-uncond");
    ModelBundle found = catalog.find("dig-plain").orElseThrow();
    assertThat(found.digest()).isEqualTo(bundle.digest()).hasSize(64);
    assertThat(found.diffusion().classes()).isEqualTo(10);
    assertThat(found.diffusion().nullLabel()).isEqualTo(10);
    assertThat(catalog.find("dig-uncond").orElseThrow().diffusion().nullLabel()).isNull();
    assertThat(catalog.find("../dig-plain")).isEmpty();
  }

  @Test
  void takesABundleItselfForADirectoryOfOne() throws IOException {
    assertThat(ModelCatalog.open(models.resolve("dig-plain")).names()).containsExactly("dig-plain");
  }

  @Test
  void refusesADirectoryWithoutBundles() {
    assertThatThrownBy(() -> ModelCatalog.open(scratch))
        .isInstanceOf(BundleException.class)
        .hasMessageStartingWith("Expected model bundles in " + scratch + ", found none");
  }

  @Test
  void bundlesOfOneNameAreItsVersionsAndTheLastDirectoryIsServed() throws IOException {
    ModelBundle other = TestBundles.export("dig-uncond", scratch.resolve("other"), "dig-plain");
    copy(models.resolve("dig-plain"), scratch.resolve("all/dig-plain-1"));
    copy(other.path(), scratch.resolve("all/dig-plain-2"));

    ModelCatalog catalog = ModelCatalog.open(scratch.resolve("all"));

    assertThat(catalog.names()).containsExactly("dig-plain");
    assertThat(catalog.find("dig-plain").orElseThrow().digest()).isEqualTo(other.digest());
    assertThat(catalog.find(bundle.reference().toString()).orElseThrow().digest())
        .isEqualTo(bundle.digest());
    assertThat(catalog.find("dig-plain@sha256:" + "0".repeat(64))).isEmpty();
  }

  @Test
  void aBrokenBundleIsRefusedByNameAndTheOthersAreThere() throws IOException {
    copy(models.resolve("dig-plain"), scratch.resolve("good"));
    copy(models.resolve("dig-plain"), scratch.resolve("cut"));
    Files.delete(scratch.resolve("cut/denoiser.onnx"));

    ModelCatalog catalog = ModelCatalog.open(scratch);

    assertThat(catalog.pathOf("dig-plain")).contains(scratch.resolve("good"));
    assertThat(catalog.refused()).containsOnlyKeys(scratch.resolve("cut").toString());
    assertThat(catalog.refused().get(scratch.resolve("cut").toString()))
        .contains("denoiser.onnx: expected ", " bytes as model.json says, found no such file");
  }

  @Test
  void refusesABundleWhoseGraphWasChanged() throws IOException {
    Path changed = scratch.resolve("changed");
    copy(models.resolve("dig-plain"), changed);
    Path graph = changed.resolve("denoiser.onnx");
    byte[] bytes = Files.readAllBytes(graph);
    bytes[bytes.length / 2] ^= 1;
    Files.write(graph, bytes);

    assertThatThrownBy(() -> ModelBundle.open(changed))
        .isInstanceOf(BundleException.class)
        .hasMessageContaining("denoiser.onnx");
  }

  @Test
  void knowsTheLatentOfAnImageSize() throws Exception {
    int scale = bundle.imageScale();
    assertThat(bundle.latentShape()).isEqualTo(new LatentShape(4, 16, 16));
    assertThat(bundle.capabilities().latentOf(24 * scale, 10 * scale))
        .isEqualTo(new LatentShape(4, 24, 10));
  }

  private static void copy(Path from, Path to) throws IOException {
    Files.createDirectories(to);
    try (Stream<Path> files = Files.list(from)) {
      for (Path file : files.toList()) {
        Files.copy(file, to.resolve(file.getFileName()), StandardCopyOption.REPLACE_EXISTING);
      }
    }
  }
}
