package io.digflink.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.digflink.bundle.BundleDirectory;
import io.digflink.export.arch.Parameters;
import io.digflink.export.arch.VaeConfig;
import io.digflink.export.arch.VaeDecoder;
import io.digflink.export.checkpoint.Checkpoints;
import io.digflink.export.checkpoint.RandomWeights;
import io.digflink.export.checkpoint.SafetensorsFile;
import io.digflink.export.checkpoint.StateDict;
import io.digflink.export.checkpoint.Tensor;
import io.digflink.export.graph.ElementType;
import io.digflink.export.graph.GraphBuilder;
import io.digflink.export.oracle.Golden;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Decoders under every name and in every layout, against diffusers' own. */
class VaeFilesITCase {
  private static final Pattern UP = Pattern.compile("decoder\\.up_blocks\\.(\\d)\\.(.*)");

  @TempDir Path directory;
  private Cases cases;

  @BeforeEach
  void makeCases() {
    cases = new Cases(directory);
  }

  @Test
  void theWeightsFileFindsItsConfiguration() throws Exception {
    Path vae = Golden.of("vae").directory();
    BundleDirectory control = export(vae);
    Path file = vae.resolve("diffusion_pytorch_model.safetensors");
    Cases.assertSameImage(export(file), control);
  }

  @Test
  void variantsAndWholePipelinesAreRead() throws Exception {
    BundleDirectory half = export(Cases.file("vae-fp16-name"));
    BundleDirectory control = export(Cases.file("dit-pipeline/vae"));
    assertThat(half.manifest().image()).isEqualTo(control.manifest().image());
    Cases.assertSameImage(export(Cases.file("dit-pipeline")), control);
  }

  @Test
  void theNamesOfCompVisAreRead() throws Exception {
    Path vae = Golden.of("vae").directory();
    StateDict weights = Checkpoints.openDecoder(vae).model();
    Path file = directory.resolve("vae-ft-mse-840000.safetensors");
    SafetensorsFile.write(file, compVis(weights, "", 4));
    Files.copy(vae.resolve("config.json"), directory.resolve("config.json"));
    BundleDirectory control = export(vae);
    Cases.assertSameImage(export(file), control);
    assertThat(Files.mismatch(data(cases.export(checkpoint(), config(), file)), data(control)))
        .isEqualTo(-1);
  }

  @Test
  void theDecoderInsideStableDiffusionIsReadAsItsSizesSay() throws Exception {
    Map<String, Object> sizes =
        Map.of(
            "latent_channels", 4,
            "block_out_channels", List.of(32, 64),
            "layers_per_block", 2,
            "norm_num_groups", 32);
    StateDict weights = random(VaeConfig.of(sizes));
    Path saved = Files.createDirectory(directory.resolve("saved"));
    SafetensorsFile.write(saved.resolve("diffusion_pytorch_model.safetensors"), weights);
    Map<String, Object> config = new LinkedHashMap<>(sizes);
    config.put("_class_name", "AutoencoderKL");
    new ObjectMapper().writeValue(saved.resolve("config.json").toFile(), config);
    Path single = directory.resolve("v1-5.safetensors");
    SafetensorsFile.write(single, compVis(weights, "first_stage_model.", 2));

    BundleDirectory found = export(single);
    assertThat(cases.lines())
        .anyMatch(
            line -> line.startsWith("Assumed: scaling_factor 0.18215 and norm_num_groups 32"));
    Cases.assertSameImage(found, export(saved));
  }

  @Test
  void whatIsNotKnownIsAskedForInOneLine() {
    assertRefused(
        Cases.file("vae-ldm.ckpt"),
        "it has blocks of [4, 4, 4, 8] channels",
        "put the model's config.json beside it");
    assertRefused(checkpoint(), "has no decoder of an AutoencoderKL");
  }

  @Test
  void aConfigurationThatDoesNotFitIsNamed() throws Exception {
    Path vae = Golden.of("vae").directory();
    Path copy = Files.createDirectory(directory.resolve("copy"));
    String weights = "diffusion_pytorch_model.safetensors";
    Files.copy(vae.resolve(weights), copy.resolve(weights));
    String config = Files.readString(vae.resolve("config.json"));
    Path file = copy.resolve("config.json");
    Files.writeString(file, config.replace("{", "{\"new_key\": 7,"));
    assertRefused(copy, "config.json of " + copy, "AutoencoderKL has no argument new_key");
    Files.writeString(file, config.replace("\"AutoencoderKL\"", "\"AutoencoderTiny\""));
    assertRefused(copy, "The decoder's _class_name is AutoencoderTiny; expected AutoencoderKL");
  }

  private void assertRefused(Path vae, String... messages) {
    assertThatThrownBy(() -> export(vae))
        .isInstanceOf(IOException.class)
        .hasMessageContainingAll(messages)
        .satisfies(e -> assertThat(e.getMessage().lines()).hasSize(1));
  }

  private BundleDirectory export(Path vae) throws IOException {
    return cases.export(checkpoint(), config(), vae);
  }

  private static Path checkpoint() {
    return Cases.file("dit-good.pt");
  }

  private static Map<String, Object> config() throws IOException {
    return Cases.config("dit.json");
  }

  private static Path data(BundleDirectory bundle) {
    return bundle.decoder().orElseThrow().resolveSibling("decoder.onnx.data");
  }

  private static StateDict random(VaeConfig config) {
    Parameters parameters = Parameters.random(3);
    VaeDecoder.emit(new GraphBuilder("decoder.onnx", ElementType.FLOAT32), parameters, config);
    return RandomWeights.stateDict(parameters.taken(), 3);
  }

  /** CompVis' names of a decoder's tensors, with an encoder and a text encoder beside them. */
  private static StateDict compVis(StateDict dict, String prefix, int resolutions) {
    List<Tensor> tensors = new ArrayList<>();
    for (String name : dict.names()) {
      Tensor tensor = dict.get(name);
      String renamed =
          name.replace("decoder.conv_norm_out", "decoder.norm_out")
              .replace("mid_block.resnets.0", "mid.block_1")
              .replace("mid_block.resnets.1", "mid.block_2")
              .replace("mid_block.attentions.0.group_norm", "mid.attn_1.norm")
              .replace("mid_block.attentions.0.to_out.0", "mid.attn_1.proj_out")
              .replace("mid_block.attentions.0.to_", "mid.attn_1.");
      Matcher up = UP.matcher(renamed);
      if (up.matches()) {
        renamed =
            "decoder.up."
                + (resolutions - 1 - Integer.parseInt(up.group(1)))
                + "."
                + up.group(2)
                    .replace("resnets.", "block.")
                    .replace("conv_shortcut", "nin_shortcut")
                    .replace("upsamplers.0", "upsample");
      }
      long[] shape = tensor.shape();
      boolean matrix = shape.length == 2;
      tensors.add(
          Tensor.of(
              prefix + renamed,
              matrix ? new long[] {shape[0], shape[1], 1, 1} : shape,
              tensor.toFloatArray()));
    }
    tensors.add(Tensor.of(prefix + "loss.logvar", new long[] {1}, 0));
    tensors.add(Tensor.of("cond_stage_model.embedding.weight", new long[] {1}, 0));
    return StateDict.of(tensors);
  }
}
