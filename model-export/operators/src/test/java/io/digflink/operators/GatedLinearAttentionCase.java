package io.digflink.operators;

import java.util.Random;

/**
 * One call of the operator with random inputs, and the naive recurrence as its oracle.
 *
 * @param packed q | k | v | g [| z] a token, [batch, rows * columns, width]
 * @param bias of the gate, [heads * keySize]
 * @param weight of the RMSNorm, [valueSize], or null for none
 */
record GatedLinearAttentionCase(
    int batch,
    int rows,
    int columns,
    int heads,
    int keySize,
    int valueSize,
    int direction,
    float[] packed,
    float[] bias,
    float[] weight) {

  static final float GATE_NORMALIZER = 16;
  static final float EPSILON = 1e-6f;

  /** Inputs are normal and exact in half precision; gates are normal times {@code gateScale}. */
  static GatedLinearAttentionCase random(
      int batch,
      int rows,
      int columns,
      int heads,
      int keySize,
      int valueSize,
      int direction,
      boolean norm,
      float gateScale) {
    Random random = new Random(17);
    int width = heads * (3 * keySize + (norm ? 2 : 1) * valueSize);
    int gates = heads * (2 * keySize + valueSize);
    float[] packed = new float[batch * rows * columns * width];
    for (int i = 0; i < packed.length; i++) {
      int column = i % width;
      boolean gate = column >= gates && column < gates + heads * keySize;
      packed[i] = draw(random) * (gate ? gateScale : 1);
    }
    float[] bias = new float[heads * keySize];
    for (int i = 0; i < bias.length; i++) {
      bias[i] = draw(random);
    }
    float[] weight = norm ? new float[valueSize] : null;
    for (int i = 0; norm && i < valueSize; i++) {
      weight[i] = draw(random);
    }
    return new GatedLinearAttentionCase(
        batch, rows, columns, heads, keySize, valueSize, direction, packed, bias, weight);
  }

  private static float draw(Random random) {
    return Math.round(random.nextGaussian() * 256) / 256f;
  }

  int length() {
    return rows * columns;
  }

  int width() {
    return heads * (3 * keySize + (weight != null ? 2 : 1) * valueSize);
  }

  /** The place in row-major order of the t-th visited token. */
  private int token(int t) {
    int step = direction % 2 == 1 ? length() - 1 - t : t;
    return direction < 2 ? step : step % rows * columns + step / rows;
  }

  /** The output, [batch, length, heads * valueSize], one scalar after the other in double. */
  float[] naive() {
    float[] output = new float[batch * length() * heads * valueSize];
    for (int b = 0; b < batch; b++) {
      for (int h = 0; h < heads; h++) {
        double[][] state = new double[keySize][valueSize];
        for (int t = 0; t < length(); t++) {
          int token = b * length() + token(t);
          double[] o = step(state, token * width(), h);
          for (int j = 0; j < valueSize; j++) {
            output[(token * heads + h) * valueSize + j] = (float) o[j];
          }
        }
      }
    }
    return output;
  }

  /** Advances the state by one token and reads the head's output. */
  private double[] step(double[][] state, int row, int head) {
    int q = row + head * keySize;
    int k = q + heads * keySize;
    int v = row + 2 * heads * keySize + head * valueSize;
    int g = row + heads * (2 * keySize + valueSize) + head * keySize;
    double[] o = new double[valueSize];
    for (int i = 0; i < keySize; i++) {
      double gate = packed[g + i] + bias[head * keySize + i];
      double logSigmoid = Math.min(gate, 0) - Math.log1p(Math.exp(-Math.abs(gate)));
      double decay = Math.exp(logSigmoid / GATE_NORMALIZER);
      for (int j = 0; j < valueSize; j++) {
        state[i][j] = decay * state[i][j] + (double) packed[k + i] * packed[v + j];
        o[j] += packed[q + i] / Math.sqrt(keySize) * state[i][j];
      }
    }
    if (weight != null) {
      normAndGate(o, row + heads * (3 * keySize + valueSize) + head * valueSize);
    }
    return o;
  }

  private void normAndGate(double[] o, int z) {
    double squares = 0;
    for (double x : o) {
      squares += x * x;
    }
    double scale = 1 / Math.sqrt(squares / valueSize + EPSILON);
    for (int j = 0; j < valueSize; j++) {
      o[j] *= scale * weight[j] * packed[z + j] / (1 + Math.exp(-packed[z + j]));
    }
  }
}
