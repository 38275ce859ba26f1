package io.digflink.lab.bench;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.digflink.operators.OnnxRuntime;
import io.digflink.operators.OperatorLibrary;
import io.digflink.runtime.session.Device;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * One run of a denoiser of classes on fixed random inputs, with ONNX Runtime's profiler on.
 *
 * @param output what the graph gives
 * @param nodes the profile's {@code args} of every kernel that ran, in order
 */
record ProfiledRun(float[] output, List<JsonNode> nodes) {
  private static final int CHANNELS = 4;
  private static final int CLASSES = 1000;
  private static final double MEBIBYTE = 1 << 20;

  /**
   * Runs a graph.
   *
   * @param images of the run
   * @param cells of a latent's side
   */
  static ProfiledRun of(Path graph, Device device, int images, int cells)
      throws OrtException, IOException {
    Path profile = graph.resolveSibling("profile");
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
      if (device.isCuda()) {
        options.addCUDA(device.index());
      }
      OperatorLibrary.register(
          options, device.isCuda() ? OperatorLibrary.Kernels.CUDA : OperatorLibrary.Kernels.CPU);
      options.enableProfiling(profile.toString());
      OrtEnvironment environment = OnnxRuntime.environment();
      try (OrtSession session = environment.createSession(graph.toString(), options)) {
        float[] output = run(environment, session, images, cells);
        Path file = Path.of(session.endProfiling());
        List<JsonNode> nodes = kernels(file);
        Files.delete(file);
        return new ProfiledRun(output, nodes);
      }
    }
  }

  /**
   * Elements of an output that differ from those of the same image among others, which it begins.
   */
  static int differing(float[] alone, float[] among) {
    int differing = 0;
    for (int i = 0; i < alone.length; i++) {
      differing += alone[i] == among[i] ? 0 : 1;
    }
    return differing;
  }

  private static float[] run(OrtEnvironment environment, OrtSession session, int images, int cells)
      throws OrtException {
    Random random = new Random(5);
    FloatBuffer latents = FloatBuffer.allocate(images * CHANNELS * cells * cells);
    while (latents.hasRemaining()) {
      latents.put((float) random.nextGaussian());
    }
    long[] shape = {images, CHANNELS, cells, cells};
    float[] timesteps = new float[images];
    long[] labels = new long[images];
    for (int i = 0; i < images; i++) {
      timesteps[i] = 100 + 800f * i / images;
      labels[i] = (1 + 6L * i) % CLASSES;
    }
    try (OnnxTensor latent = OnnxTensor.createTensor(environment, latents.flip(), shape);
        OnnxTensor timestep = OnnxTensor.createTensor(environment, timesteps);
        OnnxTensor label =
            OnnxTensor.createTensor(environment, LongBuffer.wrap(labels), new long[] {images});
        OrtSession.Result result =
            session.run(Map.of("latent", latent, "timestep", timestep, "label", label))) {
      FloatBuffer output = ((OnnxTensor) result.get(0)).getFloatBuffer();
      float[] values = new float[output.remaining()];
      output.get(values);
      return values;
    }
  }

  private static List<JsonNode> kernels(Path profile) throws IOException {
    List<JsonNode> nodes = new ArrayList<>();
    for (JsonNode event : new JsonMapper().readTree(profile.toFile())) {
      if (event.path("name").asText().endsWith("_kernel_time")) {
        nodes.add(event.path("args"));
      }
    }
    return nodes;
  }

  /**
   * The most memory that tensors asked ONNX Runtime's allocator of the device for at once, beyond
   * what they had before the first kernel: weights and inputs. What the custom operators and cuBLAS
   * take for themselves is not in it.
   */
  double tensorMebibytes(Device device) {
    String provider = device.isCuda() ? "CUDAExecutionProvider" : "CPUExecutionProvider";
    long[] bytes =
        nodes.stream()
            .filter(node -> node.path("provider").asText().equals(provider))
            .mapToLong(node -> node.path("mem_bytes_requested_in_use").asLong())
            .sorted()
            .toArray();
    return bytes.length == 0 ? 0 : (bytes[bytes.length - 1] - bytes[0]) / MEBIBYTE;
  }
}
