package io.digflink.export.oracle;

import static io.digflink.export.oracle.NaiveLayers.chunk;
import static io.digflink.export.oracle.NaiveLayers.concat;
import static io.digflink.export.oracle.NaiveLayers.gatedAdd;
import static io.digflink.export.oracle.NaiveLayers.layerNorm;
import static io.digflink.export.oracle.NaiveLayers.logSigmoid;
import static io.digflink.export.oracle.NaiveLayers.modulate;
import static io.digflink.export.oracle.NaiveLayers.rmsNorm;

import io.digflink.export.checkpoint.StateDict;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.Map;
import java.util.function.DoubleUnaryOperator;

/** The forward pass of DiG (arXiv 2405.18428) for one sample. */
public final class DigOracle implements DenoiserOracle {
  private static final double GATE_NORMALIZER = 16;

  private final OracleConfig config;
  private final NaiveLayers layers;
  private final NaiveFrame frame;
  private final int depth;
  private final int heads;
  private final boolean depthwise;
  private final boolean skips;

  /** Rows of the token grid as it is now; transposing exchanges rows and columns. */
  private int rows;

  public DigOracle(Map<String, Object> constructorArguments, StateDict weights) {
    this.config = new OracleConfig(constructorArguments);
    this.layers = new NaiveLayers(weights);
    this.frame = new NaiveFrame(layers, config);
    this.depth = config.integer("depth", 28);
    this.heads = config.integer("num_heads", 16);
    this.depthwise = config.flag("if_dw_conv", false);
    this.skips = config.flag("if_skip", false);
  }

  @Override
  public double[][][] forward(double[][][] latent, double timestep, int label) {
    double[][] x = frame.tokens(latent);
    double[] condition = frame.condition(timestep, label);
    rows = latent[0].length / config.integer("patch_size", 2);
    Deque<double[][]> pushed = new ArrayDeque<>();
    for (int i = 0; i < depth; i++) {
      String name = "blocks." + i;
      if (skips && i > depth / 2) {
        x = joinSkip(name, x, pushed.pop());
      }
      x = block(name, x, condition);
      if (config.text("bid_mode", "layer").equals("layer")) {
        x = flipped(x);
      }
      if (config.flag("if_quad_dir", false) && i % 2 == 1) {
        x = transposed(x);
      }
      if (skips && i < depth / 2 - 1) {
        pushed.push(x);
      }
    }
    return frame.finish(x, rows, condition);
  }

  private double[][] joinSkip(String name, double[][] x, double[][] skip) {
    double[][] joined = new double[x.length][];
    for (int t = 0; t < x.length; t++) {
      joined[t] = layers.linear(name + ".skip_linear", concat(x[t], skip[t]));
    }
    return joined;
  }

  private double[][] block(String name, double[][] x, double[] condition) {
    double[] ada = layers.linear(name + ".adaLN_modulation.1", condition);
    boolean inBlock = depthwise && config.flag("if_in_block_conv", false);
    double[][] modulated = new double[x.length][];
    for (int t = 0; t < x.length; t++) {
      modulated[t] = modulate(norm(name + ".norm1", x[t]), chunk(ada, 6, 0), chunk(ada, 6, 1));
    }
    double[][] attended =
        attention(name + ".attn", inBlock ? depthwise(name, modulated) : modulated);
    double[][] y = new double[x.length][];
    for (int t = 0; t < x.length; t++) {
      double[] middle = gatedAdd(x[t], chunk(ada, 6, 2), attended[t]);
      double[] n = modulate(norm(name + ".norm2", middle), chunk(ada, 6, 3), chunk(ada, 6, 4));
      y[t] = gatedAdd(middle, chunk(ada, 6, 5), mlp(name + ".mlp", n));
    }
    return depthwise && !inBlock ? depthwise(name, y) : y;
  }

  private double[] norm(String name, double[] x) {
    return config.flag("if_rms_norm", false)
        ? rmsNorm(x, layers.get(name + ".weight"))
        : layerNorm(x);
  }

  private double[][] depthwise(String name, double[][] x) {
    int columns = x.length / rows;
    int width = x[0].length;
    double[][][] grid = new double[width][rows][columns];
    for (int t = 0; t < x.length; t++) {
      for (int d = 0; d < width; d++) {
        grid[d][t / columns][t % columns] = x[t][d];
      }
    }
    int padding = config.integer("conv_kernel_size", 3) / 2;
    double[][][] convolved = layers.conv(name + ".dw_conv", grid, 1, padding, width);
    double[][] y = new double[x.length][width];
    for (int t = 0; t < x.length; t++) {
      for (int d = 0; d < width; d++) {
        y[t][d] = convolved[d][t / columns][t % columns];
      }
    }
    return y;
  }

  /** Gated linear attention (arXiv 2312.06635) with its state as a loop over time. */
  private double[][] attention(String name, double[][] x) {
    double[][] q = layers.linear(name + ".q_proj", x);
    double[][] k = layers.linear(name + ".k_proj", x);
    double[][] v = layers.linear(name + ".v_proj", x);
    double[][] g = layers.linear(name + ".g_proj", x);
    double[][] decay = layers.linear(name + ".gk_proj.1", layers.linear(name + ".gk_proj.0", x));
    double[][] o = new double[x.length][v[0].length];
    int keySize = q[0].length / heads;
    int valueSize = v[0].length / heads;
    for (int head = 0; head < heads; head++) {
      double[][] state = new double[keySize][valueSize];
      for (int t = 0; t < x.length; t++) {
        for (int i = 0; i < keySize; i++) {
          int ki = head * keySize + i;
          double kept = Math.exp(logSigmoid(decay[t][ki]) / GATE_NORMALIZER);
          for (int j = 0; j < valueSize; j++) {
            int vj = head * valueSize + j;
            state[i][j] = kept * state[i][j] + k[t][ki] * v[t][vj];
            o[t][vj] += q[t][ki] / Math.sqrt(keySize) * state[i][j];
          }
        }
      }
    }
    return layers.linear(name + ".o_proj", outputGate(name, o, g));
  }

  /** RMSNorm a head, times the activated gate. */
  private double[][] outputGate(String name, double[][] o, double[][] g) {
    String activation = config.text("hidden_act", "swish");
    boolean fused = activation.equals("swish") && config.flag("if_fuse_norm", true);
    double[] weight = layers.get(name + (fused ? ".g_norm_swish_gate.weight" : ".g_norm.weight"));
    int valueSize = weight.length;
    double[][] gated = new double[o.length][o[0].length];
    for (int t = 0; t < o.length; t++) {
      double[] gate = NaiveLayers.map(g[t], activation(activation));
      for (int start = 0; start < o[t].length; start += valueSize) {
        double[] normed = rmsNorm(Arrays.copyOfRange(o[t], start, start + valueSize), weight);
        for (int j = 0; j < valueSize; j++) {
          gated[t][start + j] = normed[j] * gate[start + j];
        }
      }
    }
    return gated;
  }

  private static DoubleUnaryOperator activation(String name) {
    return switch (name) {
      case "swish", "silu" -> NaiveLayers::silu;
      case "relu" -> x -> Math.max(x, 0);
      case "sqrelu" -> x -> Math.max(x, 0) * Math.max(x, 0);
      case "sigmoid" -> NaiveLayers::sigmoid;
      case "logsigmoid" -> NaiveLayers::logSigmoid;
      case "gelu" -> NaiveLayers::geluTanh;
      default -> throw new IllegalArgumentException("no activation " + name);
    };
  }

  /** SwiGLU. */
  private double[] mlp(String name, double[] x) {
    double[] both = layers.linear(name + ".gate_proj", x);
    double[] gate = chunk(both, 2, 0);
    double[] hidden = chunk(both, 2, 1);
    for (int i = 0; i < hidden.length; i++) {
      hidden[i] *= NaiveLayers.silu(gate[i]);
    }
    return layers.linear(name + ".down_proj", hidden);
  }

  private static double[][] flipped(double[][] x) {
    double[][] y = new double[x.length][];
    for (int t = 0; t < x.length; t++) {
      y[t] = x[x.length - 1 - t];
    }
    return y;
  }

  private double[][] transposed(double[][] x) {
    int columns = x.length / rows;
    double[][] y = new double[x.length][];
    for (int r = 0; r < rows; r++) {
      for (int c = 0; c < columns; c++) {
        y[c * rows + r] = x[r * columns + c];
      }
    }
    rows = columns;
    return y;
  }
}
