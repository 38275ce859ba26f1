package io.digflink.export.oracle;

import static io.digflink.export.oracle.NaiveLayers.layerNorm;
import static io.digflink.export.oracle.NaiveLayers.modulate;

import java.util.Arrays;

/** What DiG and DiT do before and after their blocks. */
final class NaiveFrame {
  private static final int FREQUENCIES = 256;
  private static final double MAX_PERIOD = 10_000;

  private final NaiveLayers layers;
  private final OracleConfig config;
  private final int patch;

  NaiveFrame(NaiveLayers layers, OracleConfig config) {
    this.layers = layers;
    this.config = config;
    this.patch = config.integer("patch_size", 2);
  }

  /** Patches of a latent in row-major order, plus their position embeddings. */
  double[][] tokens(double[][][] latent) {
    double[][][] grid = layers.conv("x_embedder.proj", latent, patch, 0, 1); // [D, h, w]
    int rows = grid[0].length;
    int columns = grid[0][0].length;
    int width = grid.length;
    double[][] tokens = new double[rows * columns][width];
    for (int r = 0; r < rows; r++) {
      for (int c = 0; c < columns; c++) {
        double[] position = position(r, c, rows, columns, width);
        for (int d = 0; d < width; d++) {
          tokens[r * columns + c][d] = grid[d][r][c] + position[d];
        }
      }
    }
    return tokens;
  }

  /** The stored embedding at the trained size; its formula at any other. */
  private double[] position(int row, int column, int rows, int columns, int width) {
    int trained = config.integer("input_size", 32) / patch;
    if (rows == trained && columns == trained) {
      int start = (row * columns + column) * width;
      return Arrays.copyOfRange(layers.get("pos_embed"), start, start + width);
    }
    return NaiveLayers.concat(sinCos(column, width / 2), sinCos(row, width / 2));
  }

  static double[] sinCos(double position, int width) {
    double[] embedding = new double[width];
    for (int i = 0; i < width / 2; i++) {
      double angle = position * Math.pow(MAX_PERIOD, -i / (width / 2.0));
      embedding[i] = Math.sin(angle);
      embedding[width / 2 + i] = Math.cos(angle);
    }
    return embedding;
  }

  /** SiLU of the sum of the timestep's and the label's embedding: what every adaLN starts from. */
  double[] condition(double timestep, int label) {
    double[] waves = new double[FREQUENCIES];
    int half = FREQUENCIES / 2;
    for (int i = 0; i < half; i++) {
      // In float32 as everywhere: at t = 999 its rounding is far from that of a double.
      float frequency = (float) Math.exp(-Math.log(MAX_PERIOD) * i / half);
      double angle = (float) timestep * frequency;
      waves[i] = Math.cos(angle);
      waves[half + i] = Math.sin(angle);
    }
    double[] hidden = NaiveLayers.map(layers.linear("t_embedder.mlp.0", waves), NaiveLayers::silu);
    double[] c = layers.linear("t_embedder.mlp.2", hidden);
    if (config.integer("num_classes", 1000) > 0) {
      double[] table = layers.get("y_embedder.embedding_table.weight");
      int start = label * c.length;
      c = NaiveLayers.add(c, Arrays.copyOfRange(table, start, start + c.length));
    }
    return NaiveLayers.map(c, NaiveLayers::silu);
  }

  /** The final layer, then the tokens of a grid of {@code rows} back as an image [C, H, W]. */
  double[][][] finish(double[][] tokens, int rows, double[] condition) {
    int channels = config.integer("in_channels", 4) * (config.flag("learn_sigma", true) ? 2 : 1);
    int columns = tokens.length / rows;
    double[][][] image = new double[channels][rows * patch][columns * patch];
    for (int t = 0; t < tokens.length; t++) {
      double[] normed = layerNorm(tokens[t]);
      if (layers.has("final_layer.adaLN_modulation.1.weight")) {
        double[] ada = layers.linear("final_layer.adaLN_modulation.1", condition);
        normed = modulate(normed, NaiveLayers.chunk(ada, 2, 0), NaiveLayers.chunk(ada, 2, 1));
      }
      double[] cell = layers.linear("final_layer.linear", normed); // [p, q, C]
      for (int p = 0; p < patch; p++) {
        for (int q = 0; q < patch; q++) {
          for (int c = 0; c < channels; c++) {
            image[c][t / columns * patch + p][t % columns * patch + q] =
                cell[(p * patch + q) * channels + c];
          }
        }
      }
    }
    return image;
  }
}
