package io.digflink.export;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import io.digflink.operators.KernelProfile;
import io.digflink.operators.OnnxRuntime;
import io.digflink.operators.OperatorLibrary;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/** Runs a graph of a bundle on ONNX Runtime, as tests need it. */
final class BundleRunner implements AutoCloseable {
  private final OrtEnvironment environment = OnnxRuntime.environment();
  private final OrtSession session;

  /**
   * @param library whether the operator library is registered; it must be there
   */
  BundleRunner(Path graph, boolean library) throws OrtException {
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
      options.setIntraOpNumThreads(1);
      options.setSessionLogLevel(OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR);
      if (library) {
        OperatorLibrary.register(options, OperatorLibrary.Kernels.CPU);
      }
      KernelProfile.enable(options, graph.toAbsolutePath().getParent());
      session = environment.createSession(graph.toString(), options);
    }
  }

  /**
   * Runs the denoiser.
   *
   * @param latent [N, C, H, W]
   * @param label null for an unconditional model
   */
  float[] denoise(double[] latent, long[] shape, double[] timestep, double[] label)
      throws OrtException {
    Map<String, OnnxTensor> inputs = new HashMap<>();
    inputs.put("latent", tensor(latent, shape));
    inputs.put("timestep", tensor(timestep, timestep.length));
    if (label != null) {
      long[] labels = new long[label.length];
      for (int i = 0; i < labels.length; i++) {
        labels[i] = (long) label[i];
      }
      inputs.put(
          "label",
          OnnxTensor.createTensor(
              environment, LongBuffer.wrap(labels), new long[] {labels.length}));
    }
    return run(inputs);
  }

  /** Runs the decoder on a latent of [N, C, H, W]. */
  float[] decode(double[] latent, long[] shape) throws OrtException {
    return run(Map.of("latent", tensor(latent, shape)));
  }

  /** The kernels that have run, as {@link KernelProfile#end} names them; profiling ends here. */
  Set<String> kernels() throws OrtException, IOException {
    return KernelProfile.end(session);
  }

  private OnnxTensor tensor(double[] values, long... shape) throws OrtException {
    FloatBuffer buffer = FloatBuffer.allocate(values.length);
    for (double value : values) {
      buffer.put((float) value);
    }
    return OnnxTensor.createTensor(environment, buffer.flip(), shape);
  }

  private float[] run(Map<String, OnnxTensor> inputs) throws OrtException {
    try (OrtSession.Result result = session.run(inputs)) {
      FloatBuffer output = ((OnnxTensor) result.get(0)).getFloatBuffer();
      float[] values = new float[output.remaining()];
      output.get(values);
      return values;
    } finally {
      inputs.values().forEach(OnnxTensor::close);
    }
  }

  @Override
  public void close() throws OrtException {
    session.close();
  }
}
