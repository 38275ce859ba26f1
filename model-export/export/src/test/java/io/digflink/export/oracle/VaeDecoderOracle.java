package io.digflink.export.oracle;

import static io.digflink.export.oracle.NaiveLayers.concat;

import io.digflink.export.checkpoint.StateDict;
import java.util.List;
import java.util.Map;

/** The decoder of diffusers' AutoencoderKL (arXiv 2112.10752) for one latent. */
public final class VaeDecoderOracle {
  private final OracleConfig config;
  private final NaiveLayers layers;
  private final int groups;

  /**
   * @param config what diffusers saves as {@code config.json}
   */
  public VaeDecoderOracle(Map<String, Object> config, StateDict weights) {
    this.config = new OracleConfig(config);
    this.layers = new NaiveLayers(weights);
    this.groups = this.config.integer("norm_num_groups", 32);
  }

  /** From a latent [C, H, W] as diffusion leaves it to an image [3, s·H, s·W]. */
  public double[][][] decode(double[][][] latent) {
    double factor = config.real("scaling_factor", 0.18215);
    double shift = config.real("shift_factor", 0);
    double[][][] x = NaiveLayers.map(latent, v -> v / factor + shift);
    if (config.flag("use_post_quant_conv", true)) {
      x = layers.conv("post_quant_conv", x, 1, 0, 1);
    }
    x = layers.conv("decoder.conv_in", x, 1, 1, 1);
    x = resnet("decoder.mid_block.resnets.0", x);
    if (config.flag("mid_block_add_attention", true)) {
      x = attention("decoder.mid_block.attentions.0", x);
    }
    x = resnet("decoder.mid_block.resnets.1", x);
    int blocks = ((List<?>) config.values().get("block_out_channels")).size();
    for (int i = 0; i < blocks; i++) {
      for (int layer = 0; layer <= config.integer("layers_per_block", 1); layer++) {
        x = resnet("decoder.up_blocks.%d.resnets.%d".formatted(i, layer), x);
      }
      if (i < blocks - 1) {
        x = layers.conv("decoder.up_blocks.%d.upsamplers.0.conv".formatted(i), doubled(x), 1, 1, 1);
      }
    }
    x = NaiveLayers.map(layers.groupNorm("decoder.conv_norm_out", x, groups), NaiveLayers::silu);
    return layers.conv("decoder.conv_out", x, 1, 1, 1);
  }

  private double[][][] resnet(String name, double[][][] x) {
    double[][][] y =
        NaiveLayers.map(layers.groupNorm(name + ".norm1", x, groups), NaiveLayers::silu);
    y = layers.conv(name + ".conv1", y, 1, 1, 1);
    y = NaiveLayers.map(layers.groupNorm(name + ".norm2", y, groups), NaiveLayers::silu);
    y = layers.conv(name + ".conv2", y, 1, 1, 1);
    String shortcut = name + ".conv_shortcut";
    return added(layers.has(shortcut + ".weight") ? layers.conv(shortcut, x, 1, 0, 1) : x, y);
  }

  /** One head over all cells. */
  private double[][][] attention(String name, double[][][] x) {
    double[][][] normed = layers.groupNorm(name + ".group_norm", x, groups);
    int width = x[0][0].length;
    double[][] qkv = new double[x[0].length * width][];
    for (int t = 0; t < qkv.length; t++) {
      double[] cell = new double[x.length];
      for (int c = 0; c < x.length; c++) {
        cell[c] = normed[c][t / width][t % width];
      }
      double[] q = layers.linear(name + ".to_q", cell);
      double[] k = layers.linear(name + ".to_k", cell);
      qkv[t] = concat(concat(q, k), layers.linear(name + ".to_v", cell));
    }
    double[][] projected = layers.linear(name + ".to_out.0", DitOracle.attention(qkv, 1));
    double[][][] y = new double[x.length][x[0].length][width];
    for (int t = 0; t < qkv.length; t++) {
      for (int c = 0; c < x.length; c++) {
        y[c][t / width][t % width] = x[c][t / width][t % width] + projected[t][c];
      }
    }
    return y;
  }

  private static double[][][] doubled(double[][][] x) {
    double[][][] y = new double[x.length][2 * x[0].length][2 * x[0][0].length];
    for (int c = 0; c < y.length; c++) {
      for (int r = 0; r < y[c].length; r++) {
        for (int k = 0; k < y[c][r].length; k++) {
          y[c][r][k] = x[c][r / 2][k / 2];
        }
      }
    }
    return y;
  }

  private static double[][][] added(double[][][] x, double[][][] y) {
    double[][][] sum = new double[x.length][x[0].length][];
    for (int c = 0; c < x.length; c++) {
      for (int r = 0; r < x[c].length; r++) {
        sum[c][r] = NaiveLayers.add(x[c][r], y[c][r]);
      }
    }
    return sum;
  }
}
