package io.digflink.export.oracle;

import static io.digflink.export.oracle.NaiveLayers.chunk;
import static io.digflink.export.oracle.NaiveLayers.gatedAdd;
import static io.digflink.export.oracle.NaiveLayers.layerNorm;
import static io.digflink.export.oracle.NaiveLayers.modulate;

import io.digflink.export.checkpoint.StateDict;
import java.util.Map;

/** The forward pass of DiT (arXiv 2212.09748) for one sample. */
public final class DitOracle implements DenoiserOracle {
  private final OracleConfig config;
  private final NaiveLayers layers;
  private final NaiveFrame frame;

  public DitOracle(Map<String, Object> constructorArguments, StateDict weights) {
    this.config = new OracleConfig(constructorArguments);
    this.layers = new NaiveLayers(weights);
    this.frame = new NaiveFrame(layers, config);
  }

  @Override
  public double[][][] forward(double[][][] latent, double timestep, int label) {
    double[][] x = frame.tokens(latent);
    double[] condition = frame.condition(timestep, label);
    for (int i = 0; i < config.integer("depth", 28); i++) {
      x = block("blocks." + i, x, condition);
    }
    return frame.finish(x, latent[0].length / config.integer("patch_size", 2), condition);
  }

  private double[][] block(String name, double[][] x, double[] condition) {
    double[] ada = layers.linear(name + ".adaLN_modulation.1", condition);
    double[][] modulated = new double[x.length][];
    for (int t = 0; t < x.length; t++) {
      modulated[t] = modulate(layerNorm(x[t]), chunk(ada, 6, 0), chunk(ada, 6, 1));
    }
    int heads = config.integer("num_heads", 16);
    double[][] qkv = layers.linear(name + ".attn.qkv", modulated); // [T, 3, heads, D / heads]
    double[][] attended = layers.linear(name + ".attn.proj", attention(qkv, heads));
    double[][] y = new double[x.length][];
    for (int t = 0; t < x.length; t++) {
      double[] middle = gatedAdd(x[t], chunk(ada, 6, 2), attended[t]);
      double[] n = modulate(layerNorm(middle), chunk(ada, 6, 3), chunk(ada, 6, 4));
      double[] hidden = NaiveLayers.map(layers.linear(name + ".mlp.fc1", n), NaiveLayers::geluTanh);
      y[t] = gatedAdd(middle, chunk(ada, 6, 5), layers.linear(name + ".mlp.fc2", hidden));
    }
    return y;
  }

  /** Softmax attention of tokens whose entries are queries, keys and values of all heads. */
  static double[][] attention(double[][] qkv, int heads) {
    int width = qkv[0].length / 3;
    int size = width / heads;
    double[][] o = new double[qkv.length][width];
    for (int head = 0; head < heads; head++) {
      int start = head * size;
      for (int t = 0; t < qkv.length; t++) {
        double[] scores = new double[qkv.length];
        for (int s = 0; s < qkv.length; s++) {
          for (int i = start; i < start + size; i++) {
            scores[s] += qkv[t][i] * qkv[s][width + i] / Math.sqrt(size);
          }
        }
        double[] shares = NaiveLayers.softmax(scores);
        for (int s = 0; s < qkv.length; s++) {
          for (int i = start; i < start + size; i++) {
            o[t][i] += shares[s] * qkv[s][2 * width + i];
          }
        }
      }
    }
    return o;
  }
}
