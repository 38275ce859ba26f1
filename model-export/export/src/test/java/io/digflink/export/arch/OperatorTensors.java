package io.digflink.export.arch;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import io.digflink.operators.OnnxRuntime;
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

  /** |actual - expected| / |expected|; NaN if any element is. */
  static double distance(float[] actual, float[] expected) {
    assertThat(actual).hasSameSizeAs(expected);
    double difference = 0;
    double norm = 0;
    for (int i = 0; i < expected.length; i++) {
      difference += Math.pow(actual[i] - expected[i], 2);
      norm += Math.pow(expected[i], 2);
    }
    return Math.sqrt(difference / norm);
  }
}
