package io.digflink.export.arch;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import io.digflink.export.graph.ElementType;
import io.digflink.operators.OnnxRuntime;
import io.digflink.operators.Tolerances;
import java.nio.FloatBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;

/** Float tensors of a run, as tests of operators need them. */
final class OperatorTensors {
  private OperatorTensors() {}

  /** Normal numbers that depend on the name and the shape alone, exact in 16 bits. */
  static float[] random(String name, long... shape) {
    int size = 1;
    for (long dimension : shape) {
      size *= (int) dimension;
    }
    Random random = new Random(name.hashCode());
    float[] values = new float[size];
    for (int i = 0; i < size; i++) {
      values[i] = Math.round(random.nextGaussian() * 32) / 32f;
    }
    return values;
  }

  static OnnxTensor tensor(float[] values, long... shape) throws OrtException {
    return OnnxTensor.createTensor(OnnxRuntime.environment(), FloatBuffer.wrap(values), shape);
  }

  static Map<String, float[]> outputs(OrtSession.Result result) {
    Map<String, float[]> outputs = new HashMap<>();
    result.forEach(entry -> outputs.put(entry.getKey(), floats((OnnxTensor) entry.getValue())));
    return outputs;
  }

  private static float[] floats(OnnxTensor tensor) {
    FloatBuffer buffer = tensor.getFloatBuffer();
    float[] values = new float[buffer.remaining()];
    buffer.get(values);
    return values;
  }

  /** How far a kernel may be from its function body or a naive loop. */
  static double tolerance(ElementType precision) {
    return Tolerances.of(precision == ElementType.FLOAT32 ? "operator.fp32" : "operator.fp16");
  }
}
