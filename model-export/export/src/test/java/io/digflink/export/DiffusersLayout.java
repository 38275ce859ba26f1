package io.digflink.export;

import io.digflink.export.checkpoint.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Tensors of a DiT of one block under diffusers' names, written down once more for the tests. */
final class DiffusersLayout {
  private static final String[][] NAMES = {
    {"x_embedder.proj", "pos_embed.proj"},
    {"t_embedder.mlp.0", "transformer_blocks.0.norm1.emb.timestep_embedder.linear_1"},
    {"t_embedder.mlp.2", "transformer_blocks.0.norm1.emb.timestep_embedder.linear_2"},
    {"y_embedder.embedding_table", "transformer_blocks.0.norm1.emb.class_embedder.embedding_table"},
    {"blocks.0.adaLN_modulation.1", "transformer_blocks.0.norm1.linear"},
    {"blocks.0.attn.proj", "transformer_blocks.0.attn1.to_out.0"},
    {"blocks.0.mlp.fc1", "transformer_blocks.0.ff.net.0.proj"},
    {"blocks.0.mlp.fc2", "transformer_blocks.0.ff.net.2"},
    {"final_layer.adaLN_modulation.1", "proj_out_1"},
    {"final_layer.linear", "proj_out_2"},
  };

  private DiffusersLayout() {}

  /** The tensors that diffusers has instead of an official one. */
  static List<Tensor> of(Tensor official) {
    String name = official.name();
    String parameter = name.substring(name.lastIndexOf('.'));
    String layer = name.substring(0, name.length() - parameter.length());
    for (String[] pair : NAMES) {
      if (layer.equals(pair[0])) {
        return List.of(Tensor.of(pair[1] + parameter, official.shape(), official.toFloatArray()));
      }
    }
    float[] values = official.toFloatArray();
    int part = values.length / 3;
    long[] shape = official.shape();
    shape[0] /= 3;
    List<Tensor> parts = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      String joined = "transformer_blocks.0.attn1.to_" + "qkv".charAt(i) + parameter;
      parts.add(Tensor.of(joined, shape, Arrays.copyOfRange(values, i * part, (i + 1) * part)));
    }
    return parts;
  }
}
