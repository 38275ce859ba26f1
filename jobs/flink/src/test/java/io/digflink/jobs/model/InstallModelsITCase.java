package io.digflink.jobs.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.digflink.runtime.model.ModelBundle;
import io.digflink.runtime.model.TestBundles;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class InstallModelsITCase {
  @TempDir private Path directory;
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();
  private Path from;
  private Path to;

  @BeforeEach
  void folders() throws IOException {
    from = Files.createDirectory(directory.resolve("from"));
    to = directory.resolve("to");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", ElsewhereFileSystem.SCHEME + ":"})
  void everyBundleIsCopiedVerifiedAndNamedWithItsDigest(String scheme) throws IOException {
    ModelBundle plain = TestBundles.digPlain(from);
    ModelBundle unconditional = TestBundles.digUnconditional(from);

    assertThat(install(scheme + from, scheme + to)).as(text(err)).isZero();
    assertThat(text(out).lines())
        .containsExactly(
            "dig-plain " + plain.digest() + " in " + scheme + to,
            "dig-uncond " + unconditional.digest() + " in " + scheme + to,
            "To serve only these: --models.allowed-digests="
                + plain.digest()
                + ","
                + unconditional.digest());
    assertThat(FetchedBundles.open(to.toString()).versions())
        .extracting(version -> version.digest())
        .containsExactly(plain.digest(), unconditional.digest());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", ElsewhereFileSystem.SCHEME + ":"})
  void aDamagedBundleIsNotInstalled(String scheme) throws IOException {
    TestBundles.digPlain(from);
    damage(from.resolve("dig-plain/denoiser.onnx"));

    assertThat(install(scheme + from, scheme + to)).isEqualTo(1);
    assertThat(text(err)).contains("denoiser.onnx is damaged: expected SHA-256 ");
    assertThat(to.resolve("dig-plain")).doesNotExist();
  }

  @Test
  void whatIsInPlaceAndIntactStaysAndWhatIsDamagedThereIsReplaced() throws IOException {
    TestBundles.digPlain(from);
    TestBundles.digUnconditional(from);
    install(from.toString(), to.toString());
    FileTime old = FileTime.fromMillis(0);
    Files.setLastModifiedTime(to.resolve("dig-plain/denoiser.onnx"), old);
    damage(to.resolve("dig-uncond/denoiser.onnx"));

    assertThat(install(from.toString(), to.toString())).as(text(err)).isZero();
    assertThat(Files.getLastModifiedTime(to.resolve("dig-plain/denoiser.onnx"))).isEqualTo(old);
    assertThat(to.resolve("dig-uncond/denoiser.onnx"))
        .hasSameBinaryContentAs(from.resolve("dig-uncond/denoiser.onnx"));
  }

  @Test
  void anotherBundleInThePlaceIsNeverReplaced() throws IOException {
    ModelBundle plain = TestBundles.digPlain(from);
    ModelBundle other = TestBundles.digUnconditional(Files.createDirectory(to));
    Files.move(to.resolve("dig-uncond"), to.resolve("dig-plain"));

    assertThat(install(from.toString(), to.toString())).isEqualTo(1);
    assertThat(text(err))
        .contains("Expected bundle " + plain.digest() + " or nothing in " + to + "/dig-plain")
        .contains("found bundle " + other.digest())
        .contains("give the new one's directory another name");
  }

  @Test
  void withoutBundlesItSaysWhatItExpects() {
    assertThat(install(from.toString(), to.toString())).isEqualTo(1);
    assertThat(text(err)).contains("Expected model bundles in " + from + ", found none");
  }

  @Test
  void withoutTwoPlacesItSaysWhatItExpects() {
    assertThat(install("-Ds3.endpoint=http://minio:9000", from.toString())).isEqualTo(2);
    assertThat(text(err)).contains("Expected [-Dkey=value …] FROM TO").contains("found [-Ds3");
  }

  private static void damage(Path file) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    bytes[bytes.length / 2] ^= 1;
    Files.write(file, bytes);
  }

  private int install(String... arguments) {
    return InstallModels.run(
        List.of(arguments),
        new PrintStream(out, true, StandardCharsets.UTF_8),
        new PrintStream(err, true, StandardCharsets.UTF_8));
  }

  private static String text(ByteArrayOutputStream bytes) {
    return bytes.toString(StandardCharsets.UTF_8);
  }
}
