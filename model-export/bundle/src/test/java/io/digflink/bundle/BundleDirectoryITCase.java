package io.digflink.bundle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BundleDirectoryITCase {
  @TempDir Path directory;

  @BeforeEach
  void writeGraph() throws IOException {
    Files.writeString(directory.resolve("denoiser.onnx"), "graph");
  }

  @Test
  void aSealedBundleReadsBackAndVerifies() throws IOException {
    BundleDirectory sealed = BundleDirectory.seal(directory, manifest());
    BundleDirectory opened = BundleDirectory.open(directory);
    opened.verify();

    assertThat(opened.manifest()).isEqualTo(sealed.manifest());
    assertThat(opened.digest()).isEqualTo(sealed.digest()).matches("[0-9a-f]{64}");
    assertThat(opened.manifest().files().get("denoiser.onnx").bytes()).isEqualTo(5);
    assertThat(opened.decoder()).isEmpty();
    assertThat(opened.manifest().outputChannels()).isEqualTo(8);
    assertThat(opened.manifest().classes().labelOf("BOOT")).contains(1);
  }

  @Test
  void theKeysAreThoseOfTheFormat() throws IOException {
    BundleDirectory.seal(directory, manifest());
    assertThat(Files.readString(directory.resolve("model.json")))
        .contains("\"format_version\" : 1")
        .contains("\"checkpoint_sha256\" : null")
        .contains("\"size_multiple\" : 2")
        .contains("\"null_class\" : 2")
        .contains("\"precision\" : \"fp16\"")
        .doesNotContain("output_channels")
        .doesNotContain("\"image\"");
  }

  @Test
  void aDigestDoesNotDependOnWhitespace() throws IOException {
    String digest = BundleDirectory.seal(directory, manifest()).digest();
    Path json = directory.resolve("model.json");
    Files.writeString(json, Files.readString(json).replace("\n", "\r\n   "));
    assertThat(BundleDirectory.open(directory).digest()).isEqualTo(digest);
  }

  @Test
  void aChangedFileIsNamed() throws IOException {
    BundleDirectory bundle = BundleDirectory.seal(directory, manifest());
    Files.writeString(directory.resolve("denoiser.onnx"), "grapf");
    assertThatThrownBy(bundle::verify)
        .isInstanceOf(BundleException.class)
        .hasMessageContaining("denoiser.onnx is damaged: expected SHA-256 ")
        .hasMessageContaining("Copy or export the bundle again");
  }

  @Test
  void aTruncatedOrMissingFileIsNamedOnOpening() throws IOException {
    BundleDirectory.seal(directory, manifest());
    Files.writeString(directory.resolve("denoiser.onnx"), "gra");
    assertThatThrownBy(() -> BundleDirectory.open(directory))
        .hasMessageContaining("denoiser.onnx: expected 5 bytes as model.json says, found 3");
    Files.delete(directory.resolve("denoiser.onnx"));
    assertThatThrownBy(() -> BundleDirectory.open(directory))
        .hasMessageContaining("found no such file");
  }

  @Test
  void aDirectoryWithoutManifestIsNoBundle() {
    assertThatThrownBy(() -> BundleDirectory.open(directory))
        .isInstanceOf(BundleException.class)
        .hasMessageContaining("is not a model bundle: it has no model.json");
  }

  @Test
  void fileNamesThatLeaveTheDirectoryAreRefused() throws IOException {
    assertRefused("\"denoiser.onnx\" :", "\"../denoiser.onnx\" :", "plain file name");
  }

  @Test
  void unknownKeysAreRefused() throws IOException {
    assertRefused("\"preset\" :", "\"pre-set\" :", "pre-set");
  }

  @Test
  void otherFormatVersionsAreRefused() throws IOException {
    assertRefused(
        "\"format_version\" : 1",
        "\"format_version\" : 2",
        "format_version is 2 but this program reads version 1");
  }

  @Test
  void valuesOutOfRangeAreRefused() throws IOException {
    assertRefused(
        "\"height\" : 16", "\"height\" : 15", "15×16 cells; expected positive multiples of 2");
    assertRefused("\"null_class\" : 2", "\"null_class\" : 1", "classes.null_class is 1");
    assertRefused("\"timesteps\" : 1000", "\"timesteps\" : 1", "schedule.timesteps is 1;");
    assertRefused("\"architecture\" : \"DiG\"", "\"architecture\" : \"UNet\"", "UNet");
    assertRefused("\"name\" : \"tiny\"", "\"name\" : \"a/b\"", "name is \"a/b\"");
  }

  @Test
  void aPreviewIsReadBackAndOneThatDoesNotFitIsRefused() throws IOException {
    ModelManifest without = manifest();
    ModelManifest.Preview preview =
        new ModelManifest.Preview(
            List.of(
                List.of(0.1, 0.2, 0.3, 0.4),
                List.of(0.0, -1.0, 0.5, 2.0),
                List.of(1.0, 1.0, 1.0, 1.0)),
            List.of(0.25, -0.5, 0.0));

    assertThatThrownBy(() -> without.withPreview(preview))
        .hasMessageContaining("expected rows of 4 weights and as many biases as the image has");
    assertThatThrownBy(() -> new ModelManifest.Preview(List.of(List.of(Double.NaN)), List.of(0.0)))
        .hasMessageContaining("expected finite ones");
    assertThat(
            new JsonMapper()
                .readValue(
                    new JsonMapper().writeValueAsString(preview), ModelManifest.Preview.class))
        .isEqualTo(preview);
    BundleDirectory.seal(directory, without);
    assertThat(Files.readString(directory.resolve("model.json"))).doesNotContain("preview");
  }

  private void assertRefused(String found, String replacement, String message) throws IOException {
    BundleDirectory.seal(directory, manifest());
    Path json = directory.resolve("model.json");
    String text = Files.readString(json);
    assertThat(text).contains(found);
    Files.writeString(json, text.replace(found, replacement));
    assertThatThrownBy(() -> BundleDirectory.open(directory))
        .isInstanceOf(BundleException.class)
        .hasMessageContaining("model.json")
        .hasMessageContaining(message);
  }

  private static ModelManifest manifest() {
    return new ModelManifest(
        ModelManifest.FORMAT_VERSION,
        "tiny",
        "DiG",
        null,
        Map.of("depth", 2),
        new ModelManifest.Latent(4, 16, 16, true, 2),
        null,
        null,
        new ModelManifest.Classes(2, List.of("shoe", "boot"), 2),
        new ModelManifest.Parameterization("epsilon", true),
        new ModelManifest.Schedule("linear", 1000, 0.0001, 0.02),
        null,
        Precision.FP16,
        new ModelManifest.OpDomain("dig", 1),
        null,
        "test",
        Map.of());
  }
}
