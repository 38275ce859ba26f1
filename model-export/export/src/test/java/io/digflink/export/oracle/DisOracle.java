package io.digflink.export.oracle;

import io.digflink.export.checkpoint.StateDict;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.Map;

/** The forward pass of DiS (arXiv 2402.05608) for one sample. */
public final class DisOracle implements DenoiserOracle {
  private static final int STATES = 16;
  private static final int TAPS = 4;
  private static final double MAX_PERIOD = 10_000;

  private final OracleConfig config;
  private final NaiveLayers layers;
  private final double epsilon;

  public DisOracle(Map<String, Object> constructorArguments, StateDict weights) {
    this.config = new OracleConfig(constructorArguments);
    this.layers = new NaiveLayers(weights);
    this.epsilon = config.real("norm_epsilon", 1e-5);
  }

  @Override
  public double[][][] forward(double[][][] latent, double timestep, int label) {
    boolean conditional = config.integer("num_classes", -1) > 0;
    double[] time = time(timestep);
    double[] embedded = new double[0];
    if (conditional) {
      double[] table = layers.get("label_emb.embedding_table.weight");
      embedded = Arrays.copyOfRange(table, label * time.length, (label + 1) * time.length);
    }
    double[][] x = tokens(latent, time, embedded);
    double[][] residual = new double[x.length][x[0].length];
    Deque<double[][]> skips = new ArrayDeque<>();
    int half = config.integer("depth", 12) / 2;
    for (int i = 0; i < half; i++) {
      x = block("in_blocks." + i, x, residual, null);
      skips.push(x);
    }
    x = block("mid_block", x, residual, null);
    for (int i = 0; i < half; i++) {
      x = block("out_blocks." + i, x, residual, skips.pop());
    }
    addInto(residual, x);
    int patch = config.integer("patch_size", 2);
    int rows = latent[0].length / patch;
    int columns = latent[0][0].length / patch;
    return finish(residual, rows, columns, conditional ? NaiveLayers.add(time, embedded) : null);
  }

  private double[] time(double timestep) {
    int width = config.integer("embed_dim", 192);
    double[] waves = new double[width];
    for (int i = 0; i < width / 2; i++) {
      float frequency = (float) Math.exp(-Math.log(MAX_PERIOD) * i / (width / 2));
      double angle = (float) timestep * frequency;
      waves[i] = Math.cos(angle);
      waves[width / 2 + i] = Math.sin(angle);
    }
    if (!config.flag("mlp_time_embed", true)) {
      return waves;
    }
    double[] hidden = NaiveLayers.map(layers.linear("time_embed.0", waves), NaiveLayers::silu);
    return layers.linear("time_embed.2", hidden);
  }

  private double[][] tokens(double[][][] latent, double[] time, double[] label) {
    int patch = config.integer("patch_size", 2);
    double[][][] grid = layers.conv("patch_embed.proj", latent, patch, 0, 1); // [D, h, w]
    int extras = label.length > 0 ? 2 : 1;
    int columns = grid[0][0].length;
    double[][] tokens = new double[extras + grid[0].length * columns][grid.length];
    if (extras == 2) {
      tokens[0] = label.clone();
    }
    tokens[extras - 1] = time.clone();
    double[] positions = layers.get("pos_embed");
    for (int t = 0; t < tokens.length; t++) {
      for (int d = 0; d < grid.length; d++) {
        if (t >= extras) {
          tokens[t][d] = grid[d][(t - extras) / columns][(t - extras) % columns];
        }
        tokens[t][d] += positions[t * grid.length + d];
      }
    }
    return tokens;
  }

  private static void addInto(double[][] residual, double[][] x) {
    for (int t = 0; t < x.length; t++) {
      residual[t] = NaiveLayers.add(residual[t], x[t]);
    }
  }

  private double[] norm(String name, double[] x) {
    boolean rms = config.flag("rms_norm", true);
    double mean = rms ? 0 : Arrays.stream(x).average().orElseThrow();
    double variance = Arrays.stream(x).map(v -> (v - mean) * (v - mean)).average().orElseThrow();
    double[] weight = layers.get(name + ".weight");
    double[] normed = new double[x.length];
    for (int i = 0; i < x.length; i++) {
      normed[i] = (x[i] - mean) / Math.sqrt(variance + epsilon) * weight[i];
    }
    return rms ? normed : NaiveLayers.add(normed, layers.get(name + ".bias"));
  }

  private double[][] block(String name, double[][] x, double[][] residual, double[][] skip) {
    double[][] hidden = x;
    if (skip != null && config.flag("skip", true)) {
      double[][] joined = new double[x.length][];
      for (int t = 0; t < x.length; t++) {
        joined[t] = NaiveLayers.concat(x[t], skip[t]);
      }
      hidden = layers.linear(name + ".skip_linear", joined);
    }
    addInto(residual, hidden);
    double[][] normed = new double[x.length][];
    for (int t = 0; t < x.length; t++) {
      normed[t] = norm(name + ".norm", residual[t]);
    }
    return mixer(name + ".mixer", normed);
  }

  private double[][] mixer(String name, double[][] x) {
    double[][] packed = layers.linear(name + ".in_proj", x);
    int inner = packed[0].length / 2;
    double[][] sum = new double[x.length][inner];
    for (boolean backward : new boolean[] {false, true}) {
      double[][] y = scan(name, backward ? "_b" : "", flipped(packed, backward), inner);
      addInto(sum, flipped(y, backward));
    }
    return layers.linear(name + ".out_proj", sum);
  }

  private static double[][] flipped(double[][] x, boolean flip) {
    double[][] y = x.clone();
    for (int t = 0; flip && t < x.length; t++) {
      y[t] = x[x.length - 1 - t];
    }
    return y;
  }

  /** One direction over x | z, gated. */
  private double[][] scan(String name, String end, double[][] packed, int inner) {
    double[][] u = convolved(name + ".conv1d" + end, packed, inner);
    double[][] projected = layers.linear(name + ".x_proj" + end, u); // dt | B | C
    int rank = projected[0].length - 2 * STATES;
    double[][] state = new double[inner][STATES];
    double[] logs = layers.get(name + (end.isEmpty() ? ".A_log" : ".A_b_log"));
    double[] skip = layers.get(name + ".D" + end);
    double[][] out = new double[packed.length][inner];
    for (int t = 0; t < packed.length; t++) {
      double[] raw = layers.linear(name + ".dt_proj" + end, Arrays.copyOf(projected[t], rank));
      for (int c = 0; c < inner; c++) {
        double step = -NaiveLayers.logSigmoid(-raw[c]);
        double y = skip[c] * u[t][c];
        for (int s = 0; s < STATES; s++) {
          double decay = Math.exp(-step * Math.exp(logs[c * STATES + s]));
          state[c][s] = decay * state[c][s] + step * u[t][c] * projected[t][rank + s];
          y += state[c][s] * projected[t][rank + STATES + s];
        }
        out[t][c] = y * NaiveLayers.silu(packed[t][inner + c]);
      }
    }
    return out;
  }

  private double[][] convolved(String name, double[][] packed, int inner) {
    double[] kernels = layers.get(name + ".weight");
    double[] bias = layers.get(name + ".bias");
    double[][] u = new double[packed.length][inner];
    for (int t = 0; t < packed.length; t++) {
      for (int c = 0; c < inner; c++) {
        double total = bias[c];
        for (int i = 0; i < TAPS; i++) {
          int seen = t - TAPS + 1 + i;
          total += seen < 0 ? 0 : kernels[c * TAPS + i] * packed[seen][c];
        }
        u[t][c] = NaiveLayers.silu(total);
      }
    }
    return u;
  }

  private double[][][] finish(double[][] tokens, int rows, int columns, double[] condition) {
    int patch = config.integer("patch_size", 2);
    int channels = config.integer("channels", 4) * (config.flag("learn_sigma", true) ? 2 : 1);
    int extras = tokens.length - rows * columns;
    double[][][] image = new double[channels][rows * patch][columns * patch];
    for (int t = 0; t < rows * columns; t++) {
      double[] normed = NaiveLayers.layerNorm(norm("norm_f", tokens[extras + t]));
      if (condition != null) {
        double[] ada =
            layers.linear(
                "final_layer.adaLN_modulation.1", NaiveLayers.map(condition, NaiveLayers::silu));
        normed =
            NaiveLayers.modulate(
                normed, NaiveLayers.chunk(ada, 2, 0), NaiveLayers.chunk(ada, 2, 1));
      }
      double[] cell = layers.linear("final_layer.linear", normed); // [p, q, C]
      for (int i = 0; i < cell.length; i++) {
        int place = i / channels;
        image[i % channels][t / columns * patch + place / patch][
                t % columns * patch + place % patch] =
            cell[i];
      }
    }
    return image;
  }
}
