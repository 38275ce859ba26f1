package io.digflink.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnx.proto.OnnxMl;
import io.digflink.bundle.BundleDirectory;
import io.digflink.bundle.Precision;
import io.digflink.export.oracle.Golden;
import io.digflink.export.oracle.Npz;
import io.digflink.operators.BuiltLibrary;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Exported bundles against outputs that the official PyTorch code recorded. */
class GoldenExportITCase {
  private static final Set<String> ON_CPU =
      Set.of(
          "GatedLinearAttention",
          "AdaLayerNorm",
          "GatedAdaLayerNorm",
          "GatedResidual",
          "SwiGLU",
          "DepthwiseConv",
          "BidirectionalConv",
          "SelectiveScan",
          "AddRmsNorm");

  @TempDir Path directory;

  @ParameterizedTest
  @CsvSource({
    "dig-plain, FP32", "dig-plain, FP16", "dig-skip, FP32", "dig-skip, FP16",
    "dig-uncond, FP32", "dig-uncond, FP16", "dit, FP32", "dit, FP16",
    "dig-plain, FP8", "dig-skip, FP8", "dig-uncond, FP8", "dit, FP8",
    "dis, FP32", "dis, FP16", "dis-uncond, FP32", "dis-uncond, FP16"
  })
  void onStockOnnxRuntimeTheOutputIsTheOfficialOne(String name, Precision precision)
      throws Exception {
    assertEqualsGolden(name, precision, Optional.empty(), false);
  }

  @ParameterizedTest
  @CsvSource({
    "dig-plain, FP32", "dig-plain, FP16", "dig-skip, FP32", "dig-skip, FP16",
    "dig-uncond, FP32", "dig-uncond, FP16", "dit, FP32", "dit, FP16",
    "dig-plain, FP8", "dig-skip, FP8", "dig-uncond, FP8", "dit, FP8",
    "dis, FP32", "dis, FP16", "dis-uncond, FP32", "dis-uncond, FP16"
  })
  void withTheOperatorLibraryTheOutputIsTheOfficialOne(String name, Precision precision)
      throws Exception {
    BuiltLibrary.require();
    assertEqualsGolden(name, precision, Optional.empty(), true);
  }

  @ParameterizedTest
  @CsvSource({"dig-plain", "dig-skip", "dit"})
  void aGraphOfOneSizeGivesTheSame(String name) throws Exception {
    assertEqualsGolden(name, Precision.FP32, Optional.of(new ImageSize(128, 128)), false);
  }

  @ParameterizedTest
  @EnumSource(Precision.class)
  void theDecoderGivesTheOfficialImage(Precision precision) throws Exception {
    Golden vae = Golden.of("vae");
    BundleDirectory bundle =
        new Exporter(
                request(
                    Golden.of("dig-plain"),
                    precision,
                    Optional.empty(),
                    Optional.of(vae.directory())),
                line -> {})
            .export();

    assertThat(bundle.manifest().image().scale()).isEqualTo(8);
    assertThat(bundle.manifest().vaeScalingFactor()).isEqualTo(0.18215);
    assertThat(bundle.manifest().preview().weights()).hasSize(3).allMatch(row -> row.size() == 4);
    Map<String, Npz.Array> io = vae.io();
    try (BundleRunner decoder = new BundleRunner(bundle.decoder().orElseThrow(), false)) {
      float[] image = decoder.decode(io.get("latent").values(), io.get("latent").shape());
      // A decoder has no products in 8 bits.
      Precision expected = precision == Precision.FP8 ? Precision.FP16 : precision;
      GraphOutputs.assertClose(image, io.get("image").values(), expected);
    }
  }

  @Test
  void theRawWeightsAreIncompleteInTheReferenceAndEachMissingTensorIsNamed() {
    Golden golden = Golden.of("dig-plain");
    ExportRequest request =
        new ExportRequest(
            Optional.of(golden.checkpointFile()),
            OptionalLong.empty(),
            Optional.empty(),
            directory.resolve("bundle"),
            Optional.empty(),
            ExportRequest.WeightChoice.MODEL,
            Optional.of("DiG-S/2"),
            Optional.empty(),
            Precision.FP32,
            Optional.empty(),
            List.of(),
            false);
    assertThatThrownBy(() -> new Exporter(request, line -> {}).export())
        .hasMessageContaining("The checkpoint does not fit DiG-S/2")
        .hasMessageContaining(
            "x_embedder.proj.weight has another shape: expected [384, 4, 2, 2], found [64, 4, 2, 2]")
        .hasMessageContaining(" is missing: expected [")
        .hasMessageContaining("blocks.0.attn.q_proj.weight is missing: expected [192, 384]")
        .hasMessageContaining("--config");
    assertThat(directory).isEmptyDirectory();
  }

  private void assertEqualsGolden(
      String name, Precision precision, Optional<ImageSize> size, boolean library)
      throws Exception {
    Golden golden = Golden.of(name);
    BundleDirectory bundle =
        new Exporter(request(golden, precision, size, Optional.empty()), line -> {}).export();
    bundle.verify();
    boolean learnsPositions = bundle.manifest().architecture().equals("DiS");
    assertThat(bundle.manifest().latent().dynamicSize())
        .isEqualTo(size.isEmpty() && !learnsPositions);
    Map<String, Npz.Array> io = golden.io();
    try (BundleRunner denoiser = new BundleRunner(bundle.denoiser(), library)) {
      float[] output =
          denoiser.denoise(
              io.get("latent").values(),
              io.get("latent").shape(),
              io.get("timestep").values(),
              io.containsKey("label") ? io.get("label").values() : null);
      GraphOutputs.assertClose(output, io.get("output").values(), precision);
      String type = precision == Precision.FP32 ? " float" : " float16";
      List<String> operators =
          operators(bundle.denoiser()).stream().map(operator -> operator + type).toList();
      if (library) {
        assertThat(denoiser.kernels()).containsAll(operators);
      } else {
        assertThat(denoiser.kernels()).doesNotContainAnyElementsOf(operators);
      }
    }
  }

  /** The graph's operators of domain dig that have a kernel on a CPU. */
  private static Set<String> operators(Path graph) throws IOException {
    OnnxMl.ModelProto model = OnnxMl.ModelProto.parseFrom(Files.readAllBytes(graph));
    Set<String> operators = new TreeSet<>();
    for (OnnxMl.NodeProto node : model.getGraph().getNodeList()) {
      if (node.getDomain().equals("dig") && ON_CPU.contains(node.getOpType())) {
        operators.add(node.getOpType());
      }
    }
    assertThat(operators).isNotEmpty();
    return operators;
  }

  private ExportRequest request(
      Golden golden, Precision precision, Optional<ImageSize> size, Optional<Path> vae)
      throws Exception {
    return new ExportRequest(
        Optional.of(golden.checkpointFile()),
        OptionalLong.empty(),
        vae,
        directory.resolve("bundle"),
        Optional.empty(),
        ExportRequest.WeightChoice.BEST,
        Optional.empty(),
        Optional.of(golden.config()),
        precision,
        size,
        List.of(),
        false);
  }
}
