package io.digflink.export.oracle;

import io.digflink.export.checkpoint.RandomWeights;
import io.digflink.export.checkpoint.StateDict;
import io.digflink.export.checkpoint.Tensor;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Names and shapes of the official models' parameters, and random models of them. */
public final class OfficialShapes {
  private static final int GATE_RANK = 16;

  private final OracleConfig config;
  private final Map<String, long[]> shapes = new LinkedHashMap<>();
  private final long width;

  private OfficialShapes(Map<String, Object> values) {
    this.config = new OracleConfig(values);
    this.width = config.integer("hidden_size", 1152);
  }

  /** A DiG of these constructor arguments with random weights. */
  public static StateDict randomDig(Map<String, Object> arguments, long seed) {
    OfficialShapes shapes = new OfficialShapes(arguments);
    shapes.frame();
    for (int i = 0; i < shapes.config.integer("depth", 28); i++) {
      shapes.digBlock("blocks." + i, i);
    }
    return shapes.random(seed);
  }

  /** A DiT of these constructor arguments with random weights. */
  public static StateDict randomDit(Map<String, Object> arguments, long seed) {
    OfficialShapes shapes = new OfficialShapes(arguments);
    shapes.frame();
    long hidden = (long) (shapes.width * shapes.config.real("mlp_ratio", 4));
    for (int i = 0; i < shapes.config.integer("depth", 28); i++) {
      String name = "blocks." + i;
      shapes.linear(name + ".attn.qkv", shapes.width, 3 * shapes.width, true);
      shapes.linear(name + ".attn.proj", shapes.width, shapes.width, true);
      shapes.linear(name + ".mlp.fc1", shapes.width, hidden, true);
      shapes.linear(name + ".mlp.fc2", hidden, shapes.width, true);
      shapes.linear(name + ".adaLN_modulation.1", shapes.width, 6 * shapes.width, true);
    }
    return shapes.random(seed);
  }

  /** The decoder of an AutoencoderKL with random weights. */
  public static StateDict randomDecoder(Map<String, Object> config, long seed) {
    OfficialShapes shapes = new OfficialShapes(config);
    List<Long> channels = new ArrayList<>();
    for (Object count : (List<?>) config.get("block_out_channels")) {
      channels.add(((Number) count).longValue());
    }
    Collections.reverse(channels);
    shapes.decoder(channels);
    return RandomWeights.stateDict(shapes.shapes, seed);
  }

  private void frame() {
    long patch = config.integer("patch_size", 2);
    long channels = config.integer("in_channels", 4);
    long classes = config.integer("num_classes", 1000);
    conv("x_embedder.proj", channels, width, patch);
    linear("t_embedder.mlp.0", 256, width, true);
    linear("t_embedder.mlp.2", width, width, true);
    if (classes > 0) {
      long rows = classes + (config.real("class_dropout_prob", 0.1) > 0 ? 1 : 0);
      shapes.put("y_embedder.embedding_table.weight", new long[] {rows, width});
      linear("final_layer.adaLN_modulation.1", width, 2 * width, true);
    }
    long outputs = config.flag("learn_sigma", true) ? 2 * channels : channels;
    linear("final_layer.linear", width, patch * patch * outputs, true);
  }

  private void digBlock(String name, int index) {
    long keys = (long) (width * config.real("expand_k", 0.5));
    long values = (long) (width * config.real("expand_v", 1));
    boolean fused =
        config.text("hidden_act", "swish").equals("swish") && config.flag("if_fuse_norm", true);
    long hidden = (long) Math.ceil((int) (width * 8.0 / 3) / 256.0) * 256;
    linear(name + ".attn.q_proj", width, keys, false);
    linear(name + ".attn.k_proj", width, keys, false);
    linear(name + ".attn.v_proj", width, values, false);
    linear(name + ".attn.g_proj", width, values, false);
    linear(name + ".attn.gk_proj.0", width, GATE_RANK, false);
    linear(name + ".attn.gk_proj.1", GATE_RANK, keys, true);
    linear(name + ".attn.o_proj", values, width, false);
    shapes.put(
        name + (fused ? ".attn.g_norm_swish_gate.weight" : ".attn.g_norm.weight"),
        new long[] {values / config.integer("num_heads", 16)});
    linear(name + ".mlp.gate_proj", width, 2 * hidden, false);
    linear(name + ".mlp.down_proj", hidden, width, false);
    linear(name + ".adaLN_modulation.1", width, 6 * width, true);
    if (config.flag("if_rms_norm", false)) {
      shapes.put(name + ".norm1.weight", new long[] {width});
      shapes.put(name + ".norm2.weight", new long[] {width});
    }
    if (config.flag("if_dw_conv", false)) {
      conv(name + ".dw_conv", 1, width, config.integer("conv_kernel_size", 3));
    }
    if (config.flag("if_skip", false) && index > config.integer("depth", 28) / 2) {
      linear(name + ".skip_linear", 2 * width, width, true);
    }
  }

  private void decoder(List<Long> channels) {
    long latent = config.integer("latent_channels", 4);
    long widest = channels.get(0);
    if (config.flag("use_post_quant_conv", true)) {
      conv("post_quant_conv", latent, latent, 1);
    }
    conv("decoder.conv_in", latent, widest, 3);
    resnet("decoder.mid_block.resnets.0", widest, widest);
    if (config.flag("mid_block_add_attention", true)) {
      String name = "decoder.mid_block.attentions.0";
      norm(name + ".group_norm", widest);
      for (String part : List.of(".to_q", ".to_k", ".to_v", ".to_out.0")) {
        linear(name + part, widest, widest, true);
      }
    }
    resnet("decoder.mid_block.resnets.1", widest, widest);
    long in = widest;
    for (int i = 0; i < channels.size(); i++) {
      String name = "decoder.up_blocks." + i;
      for (int layer = 0; layer <= config.integer("layers_per_block", 1); layer++) {
        resnet(name + ".resnets." + layer, in, channels.get(i));
        in = channels.get(i);
      }
      if (i < channels.size() - 1) {
        conv(name + ".upsamplers.0.conv", in, in, 3);
      }
    }
    norm("decoder.conv_norm_out", in);
    conv("decoder.conv_out", in, config.integer("out_channels", 3), 3);
  }

  private void resnet(String name, long in, long out) {
    norm(name + ".norm1", in);
    conv(name + ".conv1", in, out, 3);
    norm(name + ".norm2", out);
    conv(name + ".conv2", out, out, 3);
    if (in != out) {
      conv(name + ".conv_shortcut", in, out, 1);
    }
  }

  private void linear(String name, long in, long out, boolean bias) {
    shapes.put(name + ".weight", new long[] {out, in});
    if (bias) {
      shapes.put(name + ".bias", new long[] {out});
    }
  }

  private void conv(String name, long in, long out, long kernel) {
    shapes.put(name + ".weight", new long[] {out, in, kernel, kernel});
    shapes.put(name + ".bias", new long[] {out});
  }

  private void norm(String name, long channels) {
    shapes.put(name + ".weight", new long[] {channels});
    shapes.put(name + ".bias", new long[] {channels});
  }

  /** Random weights, with what a trained model has besides: positions and shared norms. */
  private StateDict random(long seed) {
    List<Tensor> tensors = new ArrayList<>();
    tensors.add(positions());
    for (Map.Entry<String, long[]> entry : shapes.entrySet()) {
      Tensor tensor = tensor(entry.getKey(), entry.getValue(), seed);
      tensors.add(tensor);
      String shared =
          entry.getKey().replace(".norm1.", ".attn_norm.").replace(".norm2.", ".mlp_norm.");
      if (!shared.equals(entry.getKey())) {
        tensors.add(Tensor.of(shared, entry.getValue(), tensor.toFloatArray()));
      }
    }
    return StateDict.of(tensors);
  }

  /**
   * Keys resemble queries. Were they independent, the q·k of some first token would nearly vanish,
   * and the RMSNorm of its output would amplify rounding a thousandfold.
   */
  private static Tensor tensor(String name, long[] shape, long seed) {
    Tensor tensor = RandomWeights.tensor(name, shape, seed);
    if (!name.endsWith(".k_proj.weight")) {
      return tensor;
    }
    float[] keys = tensor.toFloatArray();
    float[] queries =
        RandomWeights.tensor(name.replace(".k_proj.", ".q_proj."), shape, seed).toFloatArray();
    for (int i = 0; i < keys.length; i++) {
      keys[i] = 0.5f * keys[i] + queries[i];
    }
    return Tensor.of(name, shape, keys);
  }

  private Tensor positions() {
    int side = config.integer("input_size", 32) / config.integer("patch_size", 2);
    float[] values = new float[side * side * (int) width];
    for (int token = 0; token < side * side; token++) {
      double[] position =
          NaiveLayers.concat(
              NaiveFrame.sinCos(token % side, (int) width / 2),
              NaiveFrame.sinCos(token / side, (int) width / 2));
      for (int d = 0; d < width; d++) {
        values[token * (int) width + d] = (float) position[d];
      }
    }
    return Tensor.of("pos_embed", new long[] {1, (long) side * side, width}, values);
  }
}
