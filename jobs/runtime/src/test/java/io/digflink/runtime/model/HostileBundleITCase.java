package io.digflink.runtime.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.digflink.bundle.BundleDirectory;
import io.digflink.bundle.BundleException;
import io.digflink.bundle.ModelManifest;
import io.digflink.runtime.session.Device;
import io.digflink.runtime.session.SessionException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Bundles that somebody made to do harm: none opens, and each says why. */
class HostileBundleITCase {
  private static final Device CPU = Device.of("cpu");

  @TempDir private static Path models;
  @TempDir private Path scratch;
  private Path bundle;

  @BeforeAll
  static void export() throws IOException {
    TestBundles.digPlain(models);
  }

  @BeforeEach
  void copy() throws IOException {
    bundle = Files.createDirectory(scratch.resolve("bundle"));
    try (Stream<Path> files = Files.list(models.resolve("dig-plain"))) {
      for (Path file : files.toList()) {
        Files.copy(file, bundle.resolve(file.getFileName()));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"denoiser.onnx", "denoiser.onnx.data", "decoder.onnx", "decoder.onnx.data"})
  void aFileThatDiffersInOneBitIsNamed(String name) throws IOException {
    byte[] bytes = Files.readAllBytes(bundle.resolve(name));
    bytes[bytes.length / 3] ^= 1;
    Files.write(bundle.resolve(name), bytes);

    assertThatThrownBy(() -> ModelBundle.open(bundle))
        .isInstanceOf(BundleException.class)
        .hasMessageMatching(
            "(?s).*/\\Q" + name + "\\E is damaged: expected SHA-256 [0-9a-f]{64}, found .*");
  }

  @Test
  void operatorsOfAnotherVersionAreRefused() throws IOException {
    rewriteManifest(json -> json.withObject("/op_domain").put("version", 2));

    assertThatThrownBy(() -> ModelBundle.open(bundle))
        .isInstanceOf(BundleException.class)
        .hasMessageContaining(
            "op_domain is dig version 2, but this program has dig version 1: export the model again"
                + " with this program, or use the program that wrote it");
  }

  @Test
  void operatorsOfAnotherDomainAreRefused() throws IOException {
    rewriteManifest(json -> json.withObject("/op_domain").put("name", "evil"));

    assertThatThrownBy(() -> ModelBundle.open(bundle))
        .hasMessageContaining("op_domain is evil version 1, but this program has dig version 1");
  }

  @ParameterizedTest
  @ValueSource(strings = {"../outside", "/etc/passwd", "..", "a/b", "a\\b", "", "model.json"})
  void aFileNameThatIsNoPlainOneIsRefused(String name) throws IOException {
    rewriteManifest(
        json -> {
          ObjectNode files = json.withObject("/files");
          files.set(name, files.get("denoiser.onnx"));
        });

    assertThatThrownBy(() -> ModelBundle.open(bundle))
        .isInstanceOf(BundleException.class)
        .hasMessageContaining("files names \"" + name + "\"; expected a plain file name beside");
  }

  @ParameterizedTest
  @ValueSource(strings = {"../outside.data", "/etc/passwd"})
  void aGraphWhoseWeightsAreOutsideItsBundleIsRefused(String location) throws IOException {
    Files.copy(bundle.resolve("denoiser.onnx.data"), scratch.resolve("outside.data"));
    Path graph = bundle.resolve(ModelManifest.DENOISER);
    ModelProto model = ModelProto.parseFrom(Files.readAllBytes(graph));
    ModelProto.Builder changed = model.toBuilder();
    for (TensorProto.Builder tensor : changed.getGraphBuilder().getInitializerBuilderList()) {
      for (StringStringEntryProto.Builder entry : tensor.getExternalDataBuilderList()) {
        if (entry.getKey().equals("location")) {
          entry.setValue(location);
        }
      }
    }
    assertThat(changed.build()).isNotEqualTo(model);
    Files.write(graph, changed.build().toByteArray());
    reseal();

    assertThatThrownBy(() -> ModelBundle.open(bundle).openDenoiser(CPU, 1))
        .isInstanceOf(SessionException.class)
        .hasMessageStartingWith("No session of ")
        .hasMessageContaining("denoiser.onnx")
        .hasMessageContaining("xternal");
  }

  @Test
  void aGraphThatIsNoneIsNamed() throws IOException {
    byte[] noise = new byte[10_000];
    Arrays.fill(noise, (byte) 0xAB);
    Files.write(bundle.resolve(ModelManifest.DENOISER), noise);
    reseal();

    assertThatThrownBy(() -> ModelBundle.open(bundle).openDenoiser(CPU, 1))
        .isInstanceOf(SessionException.class)
        .hasMessageStartingWith("No session of ")
        .hasMessageContaining("denoiser.onnx");
  }

  @Test
  void numbersThatWouldTakeAllMemoryAreRefused() throws IOException {
    rewriteManifest(json -> json.withObject("/schedule").put("timesteps", Integer.MAX_VALUE));
    assertThatThrownBy(() -> ModelBundle.open(bundle))
        .isInstanceOf(BundleException.class)
        .hasMessageContaining("schedule.timesteps is 2147483647; expected 2 to 1000000");

    rewriteManifest(
        json -> {
          json.withObject("/schedule").put("timesteps", 1000);
          json.withObject("/latent").put("height", 1 << 30);
        });
    assertThatThrownBy(() -> ModelBundle.open(bundle))
        .hasMessageContaining("expected positive multiples of 2, at most 65536");
  }

  @Test
  void aManifestWithoutEndIsNotRead() throws IOException {
    Path json = bundle.resolve(BundleDirectory.MANIFEST);
    Files.writeString(json, "[".repeat(100_000));
    assertThatThrownBy(() -> ModelBundle.open(bundle))
        .isInstanceOf(BundleException.class)
        .hasMessageContaining("model.json is not a manifest of this version");

    Files.write(json, new byte[(16 << 20) + 1]);
    assertThatThrownBy(() -> ModelBundle.open(bundle))
        .hasMessageContaining("model.json has 16777217 bytes; expected a manifest of at most");
  }

  private void rewriteManifest(Consumer<ObjectNode> change) throws IOException {
    JsonMapper mapper = new JsonMapper();
    Path file = bundle.resolve(BundleDirectory.MANIFEST);
    ObjectNode json = (ObjectNode) mapper.readTree(file.toFile());
    change.accept(json);
    mapper.writeValue(file.toFile(), json);
  }

  /** Writes the digests of the changed files into the manifest, as whoever changed them would. */
  private void reseal() throws IOException {
    BundleDirectory.seal(bundle, BundleDirectory.open(models.resolve("dig-plain")).manifest());
  }
}
