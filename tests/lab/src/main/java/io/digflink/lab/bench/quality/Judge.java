package io.digflink.lab.bench.quality;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import io.digflink.export.checkpoint.Checkpoints;
import io.digflink.export.checkpoint.StateDict;
import io.digflink.operators.OnnxRuntime;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.commons.io.file.PathUtils;
import org.apache.commons.math3.linear.MatrixUtils;

/**
 * The classifier that {@code export_judge.py} of the training recipe wrote, on the CPU: its
 * features are what Fréchet distances are measured in. It judges grey images of 32 × 32 pixels.
 */
final class Judge implements AutoCloseable {
  /** Width and height of the images. */
  static final int SIDE = 32;

  /** Classes of Fashion-MNIST. */
  static final int CLASSES = 10;

  private static final int BATCH = 250;

  private final OrtEnvironment environment = OnnxRuntime.environment();
  private final OrtSession session;
  private final Statistics real;

  /**
   * What the judge makes of images.
   *
   * @param features [N, 128]
   * @param labels the class that it takes each image for
   */
  record Opinion(float[][] features, int[] labels) {}

  private Judge(OrtSession session, Statistics real) {
    this.session = session;
    this.real = real;
  }

  /**
   * Opens a judge.
   *
   * @throws IOException if the file is missing or is not one
   */
  static Judge open(Path file) throws IOException, OrtException {
    if (!Files.isRegularFile(file)) {
      throw new IOException(
          "Expected a judge at "
              + file
              + ", found none: make one with export_judge.py of model-export/train, or give another"
              + " with --judge");
    }
    StateDict weights = Checkpoints.open(file).model();
    Path directory = Files.createTempDirectory("dig-judge-");
    try {
      Path graph = JudgeGraph.write(weights, directory);
      OrtSession session = OnnxRuntime.environment().createSession(graph.toString());
      return new Judge(session, real(weights));
    } finally {
      PathUtils.deleteDirectory(directory);
    }
  }

  private static Statistics real(StateDict weights) {
    double[] mean = doubles(weights.get("real.mean").toFloatArray());
    double[] flat = doubles(weights.get("real.covariance").toFloatArray());
    double[][] rows = new double[mean.length][];
    for (int d = 0; d < mean.length; d++) {
      rows[d] = Arrays.copyOfRange(flat, d * mean.length, (d + 1) * mean.length);
    }
    return new Statistics(mean, MatrixUtils.createRealMatrix(rows));
  }

  private static double[] doubles(float[] values) {
    double[] wide = new double[values.length];
    for (int i = 0; i < values.length; i++) {
      wide[i] = values[i];
    }
    return wide;
  }

  /** Statistics of the 10,000 test images of Fashion-MNIST. */
  Statistics real() {
    return real;
  }

  /**
   * Judges images.
   *
   * @param images grey bytes, row by row
   */
  Opinion judge(List<byte[]> images) throws OrtException {
    float[][] features = new float[images.size()][];
    int[] labels = new int[images.size()];
    for (int first = 0; first < images.size(); first += BATCH) {
      List<byte[]> part = images.subList(first, Math.min(images.size(), first + BATCH));
      FloatBuffer pixels = FloatBuffer.allocate(part.size() * SIDE * SIDE);
      for (byte[] image : part) {
        for (byte pixel : image) {
          pixels.put((pixel & 0xFF) / 127.5f - 1);
        }
      }
      long[] shape = {part.size(), 1, SIDE, SIDE};
      try (OnnxTensor input = OnnxTensor.createTensor(environment, pixels.flip(), shape);
          OrtSession.Result result = session.run(Map.of("image", input))) {
        float[][] found = (float[][]) result.get("features").orElseThrow().getValue();
        float[][] logits = (float[][]) result.get("logits").orElseThrow().getValue();
        for (int i = 0; i < part.size(); i++) {
          features[first + i] = found[i];
          labels[first + i] = largest(logits[i]);
        }
      }
    }
    return new Opinion(features, labels);
  }

  private static int largest(float[] values) {
    int best = 0;
    for (int i = 1; i < values.length; i++) {
      best = values[i] > values[best] ? i : best;
    }
    return best;
  }

  @Override
  public void close() throws OrtException {
    session.close();
  }
}
