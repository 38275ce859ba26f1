package io.digflink.tests.bench;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.digflink.bundle.Precision;
import io.digflink.op.GlaOpLibrary;
import io.digflink.runtime.session.Device;
import io.digflink.runtime.session.SessionPool;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.apache.commons.io.file.PathUtils;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code bench provider}: proof of where a bundle's operators run. */
@Command(
    name = "provider",
    mixinStandardHelpOptions = true,
    description =
        "Which execution provider runs each kind of node, by ONNX Runtime's profiler, and the"
            + " output's relative L2 distance from the CPU's.")
final class ProviderBench implements Callable<Integer> {
  private static final int BATCH = 2;
  private static final int CELLS = 32;
  private static final int CHANNELS = 4;

  @Spec private CommandSpec spec;

  @Option(
      names = "--model",
      paramLabel = "PRESET",
      description = "Preset, with random weights (default: ${DEFAULT-VALUE}).")
  private String model = "DiG-S/2";

  @Option(
      names = "--device",
      paramLabel = "NAME",
      description = "cpu, cuda, cuda:N or auto (default: ${DEFAULT-VALUE}).")
  private String device = "auto";

  @Mixin private JsonFile json;

  /** Relative L2 distances of the device's output from the CPU's, and what ran where. */
  record Figures(
      String model,
      String device,
      Map<String, Double> distances,
      Map<String, Integer> nodesOfPrecisionOperatorAndProvider) {}

  @Override
  public Integer call() throws Exception {
    PrintWriter out = spec.commandLine().getOut();
    SessionPool.shared(); // starts ONNX Runtime
    Device place = Device.of(device);
    Figures figures = new Figures(model, place.toString(), new TreeMap<>(), new TreeMap<>());
    Path directory = Files.createTempDirectory("dig-bench-");
    try {
      for (Precision precision : Precision.values()) {
        Path bundle = directory.resolve(precision.toString());
        RandomBundle.export(model, precision, Optional.empty(), bundle);
        Path graph = bundle.resolve("denoiser.onnx");
        Path profile = directory.resolve("profile-" + precision);
        float[] expected = run(graph, Device.CPU, null, null);
        float[] actual = run(graph, place, profile, figures);
        figures.distances().put(precision.toString(), distance(actual, expected));
      }
    } finally {
      PathUtils.deleteDirectory(directory);
    }
    figures
        .nodesOfPrecisionOperatorAndProvider()
        .forEach((what, nodes) -> out.printf("%4d  %s%n", nodes, what));
    figures
        .distances()
        .forEach(
            (precision, value) ->
                out.printf(
                    Locale.ROOT,
                    "%s %s on %s: %.2e from the CPU%n",
                    model,
                    precision,
                    place,
                    value));
    out.flush();
    json.write(figures);
    return 0;
  }

  /** Runs a denoiser on fixed inputs; with a profile, counts its nodes. */
  private static float[] run(Path graph, Device device, Path profile, Figures figures)
      throws OrtException, IOException {
    OrtEnvironment environment = OrtEnvironment.getEnvironment();
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
      if (device.isCuda()) {
        options.addCUDA(device.index());
      }
      GlaOpLibrary.register(
          options, device.isCuda() ? GlaOpLibrary.Kernels.CUDA : GlaOpLibrary.Kernels.CPU);
      if (profile != null) {
        options.enableProfiling(profile.toString());
      }
      try (OrtSession session = environment.createSession(graph.toString(), options)) {
        float[] output = run(environment, session);
        if (profile != null) {
          count(Path.of(session.endProfiling()), graph.getParent().getFileName() + " ", figures);
        }
        return output;
      }
    }
  }

  private static float[] run(OrtEnvironment environment, OrtSession session) throws OrtException {
    Random random = new Random(5);
    FloatBuffer latents = FloatBuffer.allocate(BATCH * CHANNELS * CELLS * CELLS);
    while (latents.hasRemaining()) {
      latents.put((float) random.nextGaussian());
    }
    long[] shape = {BATCH, CHANNELS, CELLS, CELLS};
    try (OnnxTensor latent = OnnxTensor.createTensor(environment, latents.flip(), shape);
        OnnxTensor timestep = OnnxTensor.createTensor(environment, new float[] {100, 900});
        OnnxTensor label =
            OnnxTensor.createTensor(
                environment, LongBuffer.wrap(new long[] {1, 7}), new long[] {BATCH});
        OrtSession.Result result =
            session.run(Map.of("latent", latent, "timestep", timestep, "label", label))) {
      FloatBuffer output = ((OnnxTensor) result.get(0)).getFloatBuffer();
      float[] values = new float[output.remaining()];
      output.get(values);
      return values;
    }
  }

  /** Counts the profile's kernels by operator and provider. */
  private static void count(Path profile, String prefix, Figures figures) throws IOException {
    for (JsonNode event : new JsonMapper().readTree(profile.toFile())) {
      if (event.path("name").asText().endsWith("_kernel_time")) {
        JsonNode arguments = event.path("args");
        String what =
            prefix + arguments.path("op_name").asText() + " " + arguments.path("provider").asText();
        figures.nodesOfPrecisionOperatorAndProvider().merge(what, 1, Integer::sum);
      }
    }
  }

  private static double distance(float[] actual, float[] expected) {
    double difference = 0;
    double norm = 0;
    for (int i = 0; i < expected.length; i++) {
      difference += Math.pow(actual[i] - expected[i], 2);
      norm += Math.pow(expected[i], 2);
    }
    return Math.sqrt(difference / norm);
  }
}
