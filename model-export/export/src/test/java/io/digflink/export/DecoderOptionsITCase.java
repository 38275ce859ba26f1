package io.digflink.export;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.digflink.bundle.BundleDirectory;
import io.digflink.bundle.Precision;
import io.digflink.export.checkpoint.SafetensorsFile;
import io.digflink.export.checkpoint.StateDict;
import io.digflink.export.checkpoint.Tensor;
import io.digflink.export.oracle.OfficialShapes;
import io.digflink.export.oracle.Samples;
import io.digflink.export.oracle.VaeDecoderOracle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The options of diffusers' AutoencoderKL that its decoder has, against the naive decoder. */
class DecoderOptionsITCase {
  private static final Map<String, Object> SMALL =
      Map.of("block_out_channels", List.of(8, 16), "norm_num_groups", 4, "scaling_factor", 0.5);

  @TempDir Path directory;

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "scaling_factor | 0.18215",
        "scaling_factor | 2",
        "shift_factor | 0.25",
        "use_post_quant_conv | false",
        "mid_block_add_attention | false",
        "layers_per_block | 2",
        "layers_per_block | 3",
        "norm_num_groups | 1",
        "norm_num_groups | 8",
        "latent_channels | 4",
        "block_out_channels | [8]",
        "block_out_channels | [8, 8, 16]",
        "block_out_channels | [16, 8, 12, 8]"
      })
  void theImageIsThatOfTheNaiveDecoder(String option, String value) throws Exception {
    Map<String, Object> config = new HashMap<>(SMALL);
    config.put(option, new ObjectMapper().readValue(value, Object.class));
    StateDict weights = OfficialShapes.randomDecoder(config, 3);
    assertAgrees(config, weights, weights, 4, 4, 2);
    assertAgrees(config, weights, weights, 3, 5, 1);
  }

  @Test
  void theAttentionOfOldCheckpointsIsFoundUnderItsOldNames() throws Exception {
    StateDict weights = OfficialShapes.randomDecoder(SMALL, 3);
    List<Tensor> old =
        weights.names().stream()
            .map(
                name ->
                    Tensor.of(
                        name.replace(".to_q.", ".query.")
                            .replace(".to_k.", ".key.")
                            .replace(".to_v.", ".value.")
                            .replace(".to_out.0.", ".proj_attn."),
                        weights.get(name).shape(),
                        weights.get(name).toFloatArray()))
            .toList();
    assertAgrees(SMALL, weights, StateDict.of(old), 4, 4, 1);
  }

  private void assertAgrees(
      Map<String, Object> config,
      StateDict weights,
      StateDict saved,
      int height,
      int width,
      int batch)
      throws Exception {
    long[] shape = {batch, 4, height, width};
    int size = (int) Arrays.stream(shape).reduce(1, (a, b) -> a * b);
    double[] latent = new Random(2).doubles(size, -1, 1).map(v -> (float) v).toArray();
    VaeDecoderOracle oracle = new VaeDecoderOracle(config, weights);
    double[] expected =
        IntStream.range(0, batch)
            .mapToObj(n -> Samples.flat(oracle.decode(Samples.sample(latent, shape, n))))
            .flatMapToDouble(DoubleStream::of)
            .toArray();
    BundleDirectory bundle = export(config, saved);
    try (BundleRunner decoder = new BundleRunner(bundle.decoder().orElseThrow(), false)) {
      GraphOutputs.assertClose(decoder.decode(latent, shape), expected, Precision.FP32);
    }
  }

  private BundleDirectory export(Map<String, Object> config, StateDict weights) throws Exception {
    Path vae = Files.createDirectories(directory.resolve("vae"));
    Files.writeString(vae.resolve("config.json"), new ObjectMapper().writeValueAsString(config));
    SafetensorsFile.write(vae.resolve("diffusion_pytorch_model.safetensors"), weights);
    ExportRequest request =
        new ExportRequest(
            Optional.empty(),
            OptionalLong.of(1),
            Optional.of(vae),
            directory.resolve("bundle"),
            Optional.empty(),
            ExportRequest.WeightChoice.BEST,
            Optional.empty(),
            Optional.of(
                Map.of("architecture", "DiG", "depth", 1, "hidden_size", 32, "num_heads", 2)),
            Precision.FP32,
            Optional.empty(),
            List.of(),
            true);
    return new Exporter(request, line -> {}).export();
  }
}
