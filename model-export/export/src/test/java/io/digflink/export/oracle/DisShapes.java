package io.digflink.export.oracle;

import io.digflink.export.checkpoint.RandomWeights;
import io.digflink.export.checkpoint.StateDict;
import java.util.LinkedHashMap;
import java.util.Map;

/** Names and shapes of the official DiS's parameters, and random models of them. */
public final class DisShapes {
  private final OracleConfig config;
  private final Map<String, long[]> shapes = new LinkedHashMap<>();
  private final long width;

  private DisShapes(Map<String, Object> values) {
    this.config = new OracleConfig(values);
    this.width = config.integer("embed_dim", 192);
  }

  /** A DiS of these constructor arguments with random weights. */
  public static StateDict random(Map<String, Object> arguments, long seed) {
    DisShapes shapes = new DisShapes(arguments);
    shapes.ends();
    int half = shapes.config.integer("depth", 12) / 2;
    for (int i = 0; i < half; i++) {
      shapes.block("in_blocks." + i, false);
      shapes.block("out_blocks." + i, shapes.config.flag("skip", true));
    }
    shapes.block("mid_block", false);
    return RandomWeights.stateDict(shapes.shapes, seed);
  }

  private void ends() {
    long patch = config.integer("patch_size", 2);
    long channels = config.integer("channels", 4);
    long classes = config.integer("num_classes", -1);
    long side = config.integer("img_size", 32) / patch;
    shapes.put("pos_embed", new long[] {1, side * side + (classes > 0 ? 2 : 1), width});
    shapes.put("patch_embed.proj.weight", new long[] {width, channels, patch, patch});
    shapes.put("patch_embed.proj.bias", new long[] {width});
    if (config.flag("mlp_time_embed", true)) {
      linear("time_embed.0", width, 4 * width, true);
      linear("time_embed.2", 4 * width, width, true);
    }
    if (classes > 0) {
      long rows = classes + (config.real("class_dropout_prob", 0.1) > 0 ? 1 : 0);
      shapes.put("label_emb.embedding_table.weight", new long[] {rows, width});
      linear("final_layer.adaLN_modulation.1", width, 2 * width, true);
    }
    norm("norm_f");
    long outputs = config.flag("learn_sigma", true) ? 2 * channels : channels;
    linear("final_layer.linear", width, patch * patch * outputs, true);
  }

  private void block(String name, boolean skip) {
    long inner = 2 * width;
    long rank = (width + 15) / 16;
    norm(name + ".norm");
    if (skip) {
      linear(name + ".skip_linear", 2 * width, width, true);
    }
    String mixer = name + ".mixer";
    linear(mixer + ".in_proj", width, 2 * inner, false);
    linear(mixer + ".out_proj", inner, width, false);
    shapes.put(mixer + ".A_log", new long[] {inner, 16});
    shapes.put(mixer + ".A_b_log", new long[] {inner, 16});
    for (String end : new String[] {"", "_b"}) {
      shapes.put(mixer + ".D" + end, new long[] {inner});
      shapes.put(mixer + ".conv1d" + end + ".weight", new long[] {inner, 1, 4});
      shapes.put(mixer + ".conv1d" + end + ".bias", new long[] {inner});
      linear(mixer + ".x_proj" + end, inner, rank + 32, false);
      linear(mixer + ".dt_proj" + end, rank, inner, true);
    }
  }

  private void norm(String name) {
    shapes.put(name + ".weight", new long[] {width});
    if (!config.flag("rms_norm", true)) {
      shapes.put(name + ".bias", new long[] {width});
    }
  }

  private void linear(String name, long in, long out, boolean bias) {
    shapes.put(name + ".weight", new long[] {out, in});
    if (bias) {
      shapes.put(name + ".bias", new long[] {out});
    }
  }
}
