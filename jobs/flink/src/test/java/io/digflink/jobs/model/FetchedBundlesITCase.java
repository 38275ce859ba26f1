package io.digflink.jobs.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.digflink.bundle.BundleException;
import io.digflink.runtime.model.ModelBundle;
import io.digflink.runtime.model.ModelCatalog;
import io.digflink.runtime.model.TestBundles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FetchedBundlesITCase {
  @TempDir private Path elsewhere;
  @TempDir private Path cache;
  private ModelBundle original;

  @BeforeEach
  void export() throws IOException {
    original = TestBundles.digPlain(elsewhere);
  }

  @Test
  void bundlesOfAnotherFileSystemAreCopiedOnceAndServed() throws IOException {
    ModelCatalog catalog = FetchedBundles.open(uri(elsewhere), cache);

    Path local = catalog.pathOf("dig-plain").orElseThrow();
    assertThat(local).startsWith(cache);
    assertThat(catalog.find("dig-plain").orElseThrow().digest()).isEqualTo(original.digest());
    Object copied = Files.readAttributes(local.resolve("denoiser.onnx"), "*").get("fileKey");
    FetchedBundles.open(uri(elsewhere), cache);
    assertThat(Files.readAttributes(local.resolve("denoiser.onnx"), "*").get("fileKey"))
        .isEqualTo(copied);
    assertThat(namesIn(cache)).containsExactly(local.getFileName().toString());
  }

  @Test
  void aDirectoryThatIsABundleIsADirectoryOfOne() throws IOException {
    assertThat(FetchedBundles.open(uri(elsewhere.resolve("dig-plain")), cache).names())
        .containsExactly("dig-plain");
  }

  @Test
  void aDamagedBundleIsRefusedAndNothingOfItStays() throws IOException {
    Path graph = elsewhere.resolve("dig-plain/denoiser.onnx");
    byte[] bytes = Files.readAllBytes(graph);
    bytes[bytes.length / 2] ^= 1;
    Files.write(graph, bytes);

    assertThatThrownBy(() -> FetchedBundles.open(uri(elsewhere), cache))
        .isInstanceOf(BundleException.class)
        .hasMessageStartingWith("A copy of " + uri(elsewhere.resolve("dig-plain")))
        .hasMessageContaining("expected SHA-256");
    assertThat(namesIn(cache)).isEmpty();
  }

  @Test
  void aDirectoryWithoutBundlesIsNamed() throws IOException {
    Path empty = Files.createDirectory(elsewhere.resolve("empty"));
    for (Path directory : List.of(empty, empty.resolve("missing"))) {
      assertThatThrownBy(() -> FetchedBundles.open(uri(directory), cache))
          .isInstanceOf(BundleException.class)
          .hasMessageStartingWith("Expected model bundles in " + uri(directory) + ", found none");
    }
  }

  @Test
  void localDirectoriesAreReadWhereTheyAre() throws IOException {
    for (String directory : List.of(elsewhere.toString(), elsewhere.toUri().toString())) {
      assertThat(FetchedBundles.open(directory, cache).pathOf("dig-plain"))
          .contains(elsewhere.resolve("dig-plain"));
    }
    assertThat(namesIn(cache)).isEmpty();
  }

  private static String uri(Path path) {
    return ElsewhereFileSystem.SCHEME + ":" + path;
  }

  private static List<String> namesIn(Path directory) throws IOException {
    try (Stream<Path> entries = Files.list(directory)) {
      return entries.map(path -> path.getFileName().toString()).toList();
    }
  }
}
