package io.digflink.export;

import io.digflink.bundle.BundleDirectory;
import io.digflink.bundle.Precision;
import io.digflink.export.checkpoint.SafetensorsFile;
import io.digflink.export.checkpoint.StateDict;
import io.digflink.export.oracle.DenoiserOracle;
import io.digflink.export.oracle.DigOracle;
import io.digflink.export.oracle.DisOracle;
import io.digflink.export.oracle.DisShapes;
import io.digflink.export.oracle.DitOracle;
import io.digflink.export.oracle.OfficialShapes;
import io.digflink.export.oracle.Samples;
import io.digflink.operators.BuiltLibrary;
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
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Every option of the official constructors: the exported graph on ONNX Runtime against the naive
 * forward pass, on random models. Options are written {@code name=value}, separated by spaces; what
 * is not written is as in {@link #SMALL}.
 */
class ArchitectureOptionsITCase {
  private static final Map<String, Object> SMALL =
      Map.of("depth", 4, "hidden_size", 32, "num_heads", 2, "input_size", 12, "num_classes", 3);

  private static final Map<String, Object> SMALL_DIS =
      Map.of("depth", 4, "embed_dim", 32, "img_size", 12, "num_classes", 3);

  private static final String ALL_DIRECTIONS = "bid_mode=layer if_quad_dir=true ";
  private static final int COMBINATIONS = 24;

  @TempDir Path directory;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "bid_mode=seq",
        "if_quad_dir=true",
        "bid_mode=seq if_quad_dir=true",
        "if_dw_conv=true",
        "bid_mode=seq if_dw_conv=true",
        "bid_mode=seq if_quad_dir=true if_dw_conv=true",
        "if_rms_norm=true",
        "if_fuse_norm=false",
        "learn_sigma=false",
        "num_classes=0",
        "num_classes=0 learn_sigma=false if_rms_norm=true",
        "class_dropout_prob=0.0",
        "in_channels=3",
        "in_channels=16 learn_sigma=false",
        "num_heads=1",
        "num_heads=4",
        "hidden_size=48 num_heads=3",
        "hidden_size=96 num_heads=2",
        "hidden_size=128 depth=2",
        "if_in_block_conv=true"
      })
  void dig(String options) throws Exception {
    assertAgrees("DiG", options, 12, 12, 2, false);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "expand_k=1.0",
        "expand_k=0.25",
        "expand_v=2",
        "expand_v=0.5",
        "expand_k=1.0 expand_v=2 num_heads=4",
        "expand_k=1.0 expand_v=0.5 if_fuse_norm=false"
      })
  void digWithOtherWidthsOfKeysAndValues(String options) throws Exception {
    assertAgrees("DiG", ALL_DIRECTIONS + options, 12, 12, 2, false);
  }

  @ParameterizedTest
  @CsvSource({"swish", "silu", "relu", "sqrelu", "sigmoid", "logsigmoid", "gelu"})
  void digWithTheOutputGateActivatedBy(String activation) throws Exception {
    assertAgrees("DiG", ALL_DIRECTIONS + "hidden_act=" + activation, 12, 12, 2, false);
    assertAgrees("DiG", "if_fuse_norm=false depth=2 hidden_act=" + activation, 12, 12, 2, false);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3, 5, 7})
  void digWithADepthwiseConvolutionOfSide(int side) throws Exception {
    String kernel = ALL_DIRECTIONS + "if_dw_conv=true conv_kernel_size=" + side;
    assertAgrees("DiG", kernel, 12, 12, 2, false);
    assertAgrees("DiG", kernel + " if_in_block_conv=true", 12, 12, 2, false);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 5, 6, 7, 8, 12})
  void digOfDepth(int depth) throws Exception {
    String options = ALL_DIRECTIONS + "if_dw_conv=true depth=" + depth;
    assertAgrees("DiG", options, 12, 12, 2, false);
    assertAgrees("DiG", "depth=" + depth, 12, 12, 1, false);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 5, 6, 7, 12})
  void digOfDepthOnTheOperatorLibrary(int depth) throws Exception {
    BuiltLibrary.require();
    String options = ALL_DIRECTIONS + "if_dw_conv=true depth=" + depth;
    assertAgrees("DiG", options, 12, 12, 2, true);
  }

  @ParameterizedTest
  @ValueSource(ints = {4, 6, 8, 10, 12})
  void digWithLongSkipsOfDepth(int depth) throws Exception {
    String options = "if_skip=true depth=" + depth;
    assertAgrees("DiG", options, 12, 12, 1, false);
    assertAgrees("DiG", options + " bid_mode=seq if_quad_dir=true", 12, 12, 1, false);
    assertAgrees("DiG", options + " if_quad_dir=true if_dw_conv=true", 12, 12, 1, false);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 4})
  void patchesOfSide(int patch) throws Exception {
    String options = "patch_size=" + patch;
    assertAgrees("DiG", ALL_DIRECTIONS + options, 12, 12, 2, false);
    assertAgrees("DiT", options, 12, 12, 2, false);
  }

  @ParameterizedTest
  @CsvSource({"8, 8", "20, 20", "12, 20", "20, 12", "2, 14", "14, 2", "2, 2"})
  void otherSizesThanTheTrainedOne(int height, int width) throws Exception {
    assertAgrees("DiG", ALL_DIRECTIONS + "if_dw_conv=true", height, width, 2, false);
    assertAgrees("DiG", ALL_DIRECTIONS + "if_dw_conv=true depth=6", height, width, 2, false);
    assertAgrees("DiG", ALL_DIRECTIONS + "if_skip=true depth=6", height, width, 1, false);
    assertAgrees("DiT", "", height, width, 2, false);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3, 7})
  void batchesOf(int batch) throws Exception {
    assertAgrees("DiG", ALL_DIRECTIONS + "if_dw_conv=true", 12, 12, batch, false);
    assertAgrees("DiT", "", 12, 12, batch, false);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "depth=1",
        "depth=6",
        "num_heads=1",
        "num_heads=8",
        "mlp_ratio=2.5",
        "learn_sigma=false",
        "class_dropout_prob=0.0",
        "in_channels=16 hidden_size=64"
      })
  void dit(String options) throws Exception {
    assertAgrees("DiT", options, 12, 12, 2, false);
  }

  @ParameterizedTest
  @MethodSource("optionsOfDis")
  void dis(String options) throws Exception {
    assertAgrees("DiS", options, 12, 12, 2, false);
  }

  @ParameterizedTest
  @MethodSource("optionsOfDis")
  void disOnTheOperatorLibrary(String options) throws Exception {
    BuiltLibrary.require();
    assertAgrees("DiS", options, 12, 12, 2, true);
  }

  static Stream<String> optionsOfDis() {
    return Stream.of(
        "",
        "skip=false",
        "learn_sigma=false",
        "rms_norm=false",
        "patch_size=4",
        "patch_size=1",
        "depth=1",
        "depth=5",
        "depth=12",
        "num_classes=-1",
        "num_classes=-1 learn_sigma=false rms_norm=false skip=false",
        "class_dropout_prob=0.0",
        "channels=3",
        "embed_dim=40",
        "embed_dim=50",
        "mlp_time_embed=false",
        "norm_epsilon=0.01");
  }

  @ParameterizedTest
  @MethodSource("combinations")
  void digWithAnyCombinationOfOptions(String options) throws Exception {
    assertAgrees("DiG", options, 12, 12, 1, false);
  }

  @ParameterizedTest
  @MethodSource("combinations")
  void digWithAnyCombinationOfOptionsOnTheOperatorLibrary(String options) throws Exception {
    BuiltLibrary.require();
    assertAgrees("DiG", options, 12, 16, 2, true);
  }

  /** Draws of every option at once. */
  static Stream<String> combinations() {
    Random random = new Random(20240528);
    return IntStream.range(0, COMBINATIONS).mapToObj(i -> combination(random));
  }

  private static String combination(Random random) {
    String activation = pick(random, "swish", "swish", "silu", "relu", "gelu");
    return String.join(
        " ",
        "depth=" + 2 * (2 + random.nextInt(4)),
        "bid_mode=" + pick(random, "layer", "layer", "seq"),
        "if_quad_dir=" + random.nextBoolean(),
        "if_dw_conv=" + random.nextBoolean(),
        "if_in_block_conv=" + random.nextBoolean(),
        "conv_kernel_size=" + pick(random, "3", "5", "7"),
        "if_rms_norm=" + random.nextBoolean(),
        "if_fuse_norm=" + random.nextBoolean(),
        "if_skip=" + random.nextBoolean(),
        "hidden_act=" + activation,
        "expand_k=" + pick(random, "0.5", "1.0"),
        "expand_v=" + pick(random, "1", "2"),
        "num_heads=" + pick(random, "1", "2", "4"),
        "learn_sigma=" + random.nextBoolean(),
        "num_classes=" + pick(random, "0", "3"),
        "patch_size=" + pick(random, "2", "4"));
  }

  private static String pick(Random random, String... values) {
    return values[random.nextInt(values.length)];
  }

  private void assertAgrees(
      String architecture, String options, int height, int width, int batch, boolean library)
      throws Exception {
    Map<String, Object> config = config(architecture, options);
    StateDict weights = weights(architecture, config);
    DenoiserOracle oracle = oracle(architecture, config, weights);
    Random random = new Random(1);
    long[] shape = {
      batch,
      ((Number) config.getOrDefault(architecture.equals("DiS") ? "channels" : "in_channels", 4))
          .longValue(),
      height,
      width
    };
    int size = (int) Arrays.stream(shape).reduce(1, (a, b) -> a * b);
    double[] latent = random.doubles(size, -2, 2).map(v -> (float) v).toArray();
    double[] timestep = random.doubles(batch, 0, 999).map(Math::rint).toArray();
    double[] label = random.ints(batch, 0, 3).asDoubleStream().toArray();
    double[] expected =
        IntStream.range(0, batch)
            .mapToObj(
                n -> oracle.forward(Samples.sample(latent, shape, n), timestep[n], (int) label[n]))
            .map(Samples::flat)
            .flatMapToDouble(DoubleStream::of)
            .toArray();
    boolean conditional = (int) config.get("num_classes") > 0;
    BundleDirectory bundle = export(architecture, config, weights);
    try (BundleRunner denoiser = new BundleRunner(bundle.denoiser(), library)) {
      float[] found = denoiser.denoise(latent, shape, timestep, conditional ? label : null);
      GraphOutputs.assertClose(found, expected, Precision.FP32);
    }
  }

  private static StateDict weights(String architecture, Map<String, Object> config) {
    return switch (architecture) {
      case "DiT" -> OfficialShapes.randomDit(config, 5);
      case "DiS" -> DisShapes.random(config, 5);
      default -> OfficialShapes.randomDig(config, 5);
    };
  }

  private static DenoiserOracle oracle(
      String architecture, Map<String, Object> config, StateDict weights) {
    return switch (architecture) {
      case "DiT" -> new DitOracle(config, weights);
      case "DiS" -> new DisOracle(config, weights);
      default -> new DigOracle(config, weights);
    };
  }

  private BundleDirectory export(String architecture, Map<String, Object> config, StateDict weights)
      throws Exception {
    Map<String, Object> named = new HashMap<>(config);
    named.put("architecture", architecture);
    if (architecture.equals("DiG")) {
      named.putIfAbsent("if_quad_dir", false); // no tensor shows it, so the exporter asks for it
    }
    ExportRequest request =
        new ExportRequest(
            Optional.of(SafetensorsFile.write(directory.resolve("weights.safetensors"), weights)),
            OptionalLong.empty(),
            Optional.empty(),
            directory.resolve("bundle"),
            Optional.empty(),
            ExportRequest.WeightChoice.BEST,
            Optional.empty(),
            Optional.of(named),
            Precision.FP32,
            Optional.empty(),
            List.of(),
            true);
    return new Exporter(request, line -> {}).export();
  }

  private static Map<String, Object> config(String architecture, String options) {
    Map<String, Object> config = new HashMap<>(architecture.equals("DiS") ? SMALL_DIS : SMALL);
    for (String option : options.split(" ")) {
      if (!option.isEmpty()) {
        String[] parts = option.split("=");
        config.put(parts[0], value(parts[1]));
      }
    }
    return config;
  }

  private static Object value(String text) {
    if (text.equals("true") || text.equals("false")) {
      return Boolean.valueOf(text);
    } else if (text.matches("-?\\d+")) {
      return Integer.valueOf(text);
    } else if (text.matches("\\d+\\.\\d+")) {
      return Double.valueOf(text);
    }
    return text;
  }
}
