package io.digflink.export.oracle;

import io.digflink.export.checkpoint.StateDict;
import io.digflink.export.checkpoint.Tensor;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.function.DoubleUnaryOperator;

/**
 * Layers over tokens ({@code double[T][D]}) and images ({@code double[C][H][W]}), by their names.
 */
final class NaiveLayers {
  static final double EPSILON = 1e-6;

  private final StateDict weights;
  private final Map<String, double[]> loaded = new HashMap<>();

  NaiveLayers(StateDict weights) {
    this.weights = weights;
  }

  boolean has(String name) {
    return weights.contains(name);
  }

  double[] get(String name) {
    return loaded.computeIfAbsent(name, n -> widen(weights.get(n)));
  }

  long[] shape(String name) {
    return weights.get(name).shape();
  }

  private static double[] widen(Tensor tensor) {
    float[] floats = tensor.toFloatArray();
    double[] doubles = new double[floats.length];
    for (int i = 0; i < floats.length; i++) {
      doubles[i] = floats[i];
    }
    return doubles;
  }

  /** x·Wᵀ + b, the bias if there is one. */
  double[] linear(String name, double[] x) {
    double[] weight = get(name + ".weight");
    int outputs = (int) shape(name + ".weight")[0];
    double[] bias = has(name + ".bias") ? get(name + ".bias") : new double[outputs];
    double[] y = new double[outputs];
    for (int o = 0; o < outputs; o++) {
      double sum = bias[o];
      for (int i = 0; i < x.length; i++) {
        sum += weight[o * x.length + i] * x[i];
      }
      y[o] = sum;
    }
    return y;
  }

  double[][] linear(String name, double[][] tokens) {
    return Arrays.stream(tokens).map(token -> linear(name, token)).toArray(double[][]::new);
  }

  /** Convolution with zero padding; {@code groups} is 1 or, for a depthwise one, the channels. */
  double[][][] conv(String name, double[][][] x, int stride, int padding, int groups) {
    double[] weight = get(name + ".weight");
    double[] bias = get(name + ".bias");
    long[] shape = shape(name + ".weight"); // [out, in / groups, k, k]
    int outputs = (int) shape[0];
    int inputs = (int) shape[1];
    int kernel = (int) shape[2];
    int height = (x[0].length + 2 * padding - kernel) / stride + 1;
    int width = (x[0][0].length + 2 * padding - kernel) / stride + 1;
    double[][][] y = new double[outputs][height][width];
    for (int o = 0; o < outputs; o++) {
      int firstInput = groups == 1 ? 0 : o;
      for (int r = 0; r < height; r++) {
        for (int c = 0; c < width; c++) {
          double sum = bias[o];
          for (int i = 0; i < inputs; i++) {
            for (int kr = 0; kr < kernel; kr++) {
              for (int kc = 0; kc < kernel; kc++) {
                int row = r * stride + kr - padding;
                int column = c * stride + kc - padding;
                if (row >= 0 && row < x[0].length && column >= 0 && column < x[0][0].length) {
                  double w = weight[((o * inputs + i) * kernel + kr) * kernel + kc];
                  sum += w * x[firstInput + i][row][column];
                }
              }
            }
          }
          y[o][r][c] = sum;
        }
      }
    }
    return y;
  }

  /** Normalisation over groups of channels and all cells, then a scale and shift a channel. */
  double[][][] groupNorm(String name, double[][][] x, int groups) {
    double[] weight = get(name + ".weight");
    double[] bias = get(name + ".bias");
    int size = x.length / groups;
    double[][][] y = new double[x.length][x[0].length][x[0][0].length];
    for (int g = 0; g < groups; g++) {
      double[] values =
          Arrays.stream(x, g * size, (g + 1) * size)
              .flatMap(Arrays::stream)
              .flatMapToDouble(Arrays::stream)
              .toArray();
      double mean = Arrays.stream(values).average().orElseThrow();
      double variance =
          Arrays.stream(values).map(v -> (v - mean) * (v - mean)).average().orElseThrow();
      for (int c = g * size; c < (g + 1) * size; c++) {
        for (int r = 0; r < y[c].length; r++) {
          for (int k = 0; k < y[c][r].length; k++) {
            y[c][r][k] = (x[c][r][k] - mean) / Math.sqrt(variance + EPSILON) * weight[c] + bias[c];
          }
        }
      }
    }
    return y;
  }

  /** LayerNorm without scale and shift. */
  static double[] layerNorm(double[] x) {
    double mean = Arrays.stream(x).average().orElseThrow();
    double variance = Arrays.stream(x).map(v -> (v - mean) * (v - mean)).average().orElseThrow();
    return map(x, v -> (v - mean) / Math.sqrt(variance + EPSILON));
  }

  static double[] rmsNorm(double[] x, double[] weight) {
    double meanSquare = Arrays.stream(x).map(v -> v * v).average().orElseThrow();
    double[] y = new double[x.length];
    for (int i = 0; i < x.length; i++) {
      y[i] = x[i] / Math.sqrt(meanSquare + EPSILON) * weight[i];
    }
    return y;
  }

  static double[] softmax(double[] x) {
    double greatest = Arrays.stream(x).max().orElseThrow();
    double[] exponentials = map(x, v -> Math.exp(v - greatest));
    double sum = Arrays.stream(exponentials).sum();
    return map(exponentials, v -> v / sum);
  }

  static double sigmoid(double x) {
    return 1 / (1 + Math.exp(-x));
  }

  static double silu(double x) {
    return x * sigmoid(x);
  }

  static double logSigmoid(double x) {
    return Math.min(x, 0) - Math.log1p(Math.exp(-Math.abs(x)));
  }

  /** The tanh approximation of GELU. */
  static double geluTanh(double x) {
    return 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)));
  }

  static double[] map(double[] x, DoubleUnaryOperator f) {
    return Arrays.stream(x).map(f).toArray();
  }

  static double[][][] map(double[][][] x, DoubleUnaryOperator f) {
    return Arrays.stream(x)
        .map(channel -> Arrays.stream(channel).map(row -> map(row, f)).toArray(double[][]::new))
        .toArray(double[][][]::new);
  }

  static double[] add(double[] x, double[] y) {
    double[] sum = new double[x.length];
    for (int i = 0; i < x.length; i++) {
      sum[i] = x[i] + y[i];
    }
    return sum;
  }

  static double[] concat(double[] x, double[] y) {
    double[] both = Arrays.copyOf(x, x.length + y.length);
    System.arraycopy(y, 0, both, x.length, y.length);
    return both;
  }

  /** Part {@code index} of {@code parts} equal ones. */
  static double[] chunk(double[] x, int parts, int index) {
    int size = x.length / parts;
    return Arrays.copyOfRange(x, index * size, (index + 1) * size);
  }

  /** n·(1 + scale) + shift. */
  static double[] modulate(double[] n, double[] shift, double[] scale) {
    double[] y = new double[n.length];
    for (int i = 0; i < n.length; i++) {
      y[i] = n[i] * (1 + scale[i]) + shift[i];
    }
    return y;
  }

  /** x + gate·y. */
  static double[] gatedAdd(double[] x, double[] gate, double[] y) {
    double[] sum = new double[x.length];
    for (int i = 0; i < x.length; i++) {
      sum[i] = x[i] + gate[i] * y[i];
    }
    return sum;
  }
}
