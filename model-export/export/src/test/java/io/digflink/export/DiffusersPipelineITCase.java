package io.digflink.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.digflink.bundle.BundleDirectory;
import io.digflink.bundle.ModelManifest;
import io.digflink.export.checkpoint.Checkpoints;
import io.digflink.export.checkpoint.SafetensorsFile;
import io.digflink.export.checkpoint.StateDict;
import io.digflink.export.checkpoint.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A directory like that of facebook/DiT-XL-2-256, against the same weights in official layout. */
class DiffusersPipelineITCase {
  private static final String WEIGHTS = "diffusion_pytorch_model.safetensors";

  @TempDir Path directory;
  private Cases cases;
  private Path pipeline;
  private Path transformer;

  @BeforeEach
  void copyPipeline() throws IOException {
    cases = new Cases(directory);
    pipeline = directory.resolve("pipeline");
    transformer = pipeline.resolve("transformer");
    Path original = Cases.file("dit-pipeline");
    try (Stream<Path> files = Files.walk(original)) {
      for (Path file : files.toList()) {
        Files.copy(file, pipeline.resolve(original.relativize(file).toString()));
      }
    }
  }

  @Test
  void oneCommandTakesWeightsDecoderNamesAndSchedule() throws Exception {
    BundleDirectory control = control();
    BundleDirectory bundle = cases.export(pipeline, null, null);
    ModelManifest manifest = bundle.manifest();

    Cases.assertSameOutput(bundle, control);
    Cases.assertSameImage(bundle, control);
    assertThat(Files.mismatch(data(bundle), data(control))).isEqualTo(-1);
    assertThat(manifest.config()).isEqualTo(control.manifest().config());
    assertThat(manifest.latent()).isEqualTo(control.manifest().latent());
    assertThat(manifest.classes().nullClass()).isEqualTo(4);
    assertThat(manifest.classes().names())
        .containsExactly("tench, Tinca tinca", "goldfish", "crane", "hen");
    assertThat(manifest.schedule())
        .isEqualTo(new ModelManifest.Schedule("linear", 1000, 0.0001, 0.02));
    assertThat(manifest.vaeScalingFactor()).isEqualTo(0.18215);
  }

  @Test
  void theTransformerAloneIsTakenToo() throws Exception {
    Cases.assertSameOutput(cases.export(transformer, null, null), control());
    Cases.assertSameOutput(cases.export(transformer.resolve(WEIGHTS), null, null), control());
  }

  @Test
  void anotherScheduleIsKeptAndOneThatCannotBeServedIsRefused() throws Exception {
    Path file = pipeline.resolve("scheduler").resolve("scheduler_config.json");
    String json = Files.readString(file);
    Files.writeString(file, json.replace("0.02", "0.01").replace("1000", "500"));
    assertThat(cases.export(pipeline, null, null).manifest().schedule())
        .isEqualTo(new ModelManifest.Schedule("linear", 500, 0.0001, 0.01));

    Files.writeString(file, json.replace("linear", "scaled_linear"));
    assertRefused(
        pipeline, "scheduler_config.json: beta_schedule is scaled_linear; expected linear");
  }

  @ParameterizedTest
  @CsvSource({
    "_class_name, PixArtTransformer2DModel, config.json is of a PixArtTransformer2DModel; expected",
    "_class_name, AutoencoderKL, Give a decoder with --vae",
    "norm_type, layer_norm, config.json's norm_type is layer_norm",
    "cross_attention_dim, 768, config.json's cross_attention_dim is 768",
    "num_layers, 2, The checkpoint does not fit DiT (its depth is 1)"
  })
  void anotherModelOfTheClassIsNamed(String key, String value, String message) throws Exception {
    Object changed = value.matches("\\d+") ? Integer.valueOf(value) : value;
    configure(Map.of(key, changed));
    assertRefused(pipeline, message.replace("is 1)", "is 1, not 2)"));
  }

  @Test
  void theEpsilonOfTheConfigurationIsUsed() throws Exception {
    configure(Map.of("norm_eps", 1e-6));
    Cases.assertSameOutput(cases.export(transformer, null, null), control());

    configure(Map.of("norm_eps", 1.0)); // refused: no epsilon is that large
    assertRefused(transformer, "norm_eps is 1.0");
    configure(Map.of("norm_eps", 0.5));
    BundleDirectory other = cases.export(transformer, null, null);
    assertThat(other.manifest().config()).containsEntry("norm_eps", 0.5);
    assertThatThrownBy(() -> Cases.assertSameOutput(other, control()))
        .isInstanceOf(AssertionError.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "diffusion_pytorch_model.fp16.safetensors",
        "diffusion_pytorch_model.bf16.safetensors",
        "model.safetensors"
      })
  void everyNameOfTheWeightsIsFound(String name) throws Exception {
    Files.move(transformer.resolve(WEIGHTS), transformer.resolve(name));
    Cases.assertSameOutput(cases.export(pipeline, null, null), control());
  }

  @ParameterizedTest
  @CsvSource({
    "diffusion_pytorch_model.safetensors.index.json, diffusion_pytorch_model",
    "diffusion_pytorch_model.safetensors.index.fp16.json, diffusion_pytorch_model.fp16",
    "diffusion_pytorch_model.fp16.safetensors.index.json, diffusion_pytorch_model.fp16"
  })
  void shardsAreFoundByTheirIndex(String index, String stem) throws Exception {
    Map<String, Tensor> tensors = tensors();
    List<String> names = new ArrayList<>(tensors.keySet());
    StringBuilder map = new StringBuilder();
    for (int shard = 0; shard < 2; shard++) {
      String file = stem + "-0000" + (shard + 1) + "-of-00002.safetensors";
      List<Tensor> some = new ArrayList<>();
      for (int i = shard; i < names.size(); i += 2) {
        some.add(tensors.get(names.get(i)));
        map.append(map.isEmpty() ? "" : ",");
        map.append("\"" + names.get(i) + "\":\"" + file + "\"");
      }
      SafetensorsFile.write(transformer.resolve(file), StateDict.of(some));
    }
    Files.writeString(transformer.resolve(index), "{\"weight_map\":{" + map + "}}");
    Files.delete(transformer.resolve(WEIGHTS));
    Cases.assertSameOutput(cases.export(pipeline, null, null), control());
  }

  @Test
  void blocksWithEmbeddingsOfTheirOwnAreRefused() throws Exception {
    Map<String, Tensor> tensors = tensors();
    String embedding = "norm1.emb.timestep_embedder.linear_1.bias";
    Tensor first = tensors.get("transformer_blocks.0." + embedding);
    String second = "transformer_blocks.1." + embedding;
    float[] values = first.toFloatArray();
    tensors.put(second, Tensor.of(second, first.shape(), values.clone()));
    SafetensorsFile.write(transformer.resolve(WEIGHTS), StateDict.of(tensors.values()));
    Cases.assertSameOutput(cases.export(transformer, null, null), control());

    values[3] = Math.nextUp(values[3]);
    tensors.put(second, Tensor.of(second, first.shape(), values));
    SafetensorsFile.write(transformer.resolve(WEIGHTS), StateDict.of(tensors.values()));
    assertRefused(transformer, "differ: expected the same embeddings in every block");
  }

  @Test
  void aMissingPartOfAnAttentionIsNamed() throws Exception {
    Map<String, Tensor> tensors = tensors();
    tensors.remove("transformer_blocks.0.attn1.to_k.bias");
    SafetensorsFile.write(transformer.resolve(WEIGHTS), StateDict.of(tensors.values()));
    assertRefused(transformer, "to_k of blocks.0.attn.qkv.bias is missing");
  }

  @Test
  void anotherPipelineIsNamed() throws Exception {
    Path index = pipeline.resolve("model_index.json");
    Files.writeString(index, Files.readString(index).replace("DiTPipeline", "FluxPipeline"));
    assertRefused(pipeline, "model_index.json is of a FluxPipeline; expected a DiTPipeline");
  }

  private void assertRefused(Path path, String message) {
    assertThatThrownBy(() -> cases.export(path, null, null))
        .isInstanceOfAny(IOException.class, IllegalArgumentException.class)
        .hasMessageContaining(message)
        .satisfies(e -> assertThat(e.getMessage().lines().count()).isLessThanOrEqualTo(5));
  }

  private BundleDirectory control() throws IOException {
    Path vae = Cases.file("dit-pipeline").resolve("vae");
    return cases.export(Cases.file("dit-good.pt"), Cases.config("dit.json"), vae);
  }

  private static Path data(BundleDirectory bundle) {
    return bundle.denoiser().resolveSibling("denoiser.onnx.data");
  }

  private void configure(Map<String, Object> changes) throws IOException {
    Map<String, Object> config =
        new LinkedHashMap<>(Cases.config("dit-pipeline/transformer/config.json"));
    config.putAll(changes);
    new ObjectMapper().writeValue(transformer.resolve("config.json").toFile(), config);
  }

  /** The stored tensors, in memory so that their file can be replaced. */
  private Map<String, Tensor> tensors() throws IOException {
    StateDict official = Checkpoints.open(transformer).model();
    Map<String, Tensor> tensors = new TreeMap<>();
    for (String name : official.names()) {
      Tensor tensor = official.get(name);
      for (Tensor part : DiffusersLayout.of(tensor)) {
        tensors.put(part.name(), part);
      }
    }
    return tensors;
  }
}
