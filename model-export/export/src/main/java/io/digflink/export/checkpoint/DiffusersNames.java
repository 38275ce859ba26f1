package io.digflink.export.checkpoint;

import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The weights of diffusers' DiT ({@code Transformer2DModel}, {@code DiTTransformer2DModel}) under
 * the names of the official code. The numbers are the same; diffusers keeps queries, keys and
 * values apart, repeats the embeddings of timestep and label in every block, and computes the
 * position embedding.
 */
final class DiffusersNames {
  private static final Pattern BLOCK = Pattern.compile("transformer_blocks\\.(\\d{1,4})\\.(.*)");
  private static final String EMBEDDINGS = "norm1.emb.";
  private static final int CHUNK = 1 << 16;

  /** Beginnings of names outside blocks. */
  private static final Map<String, String> OUTER =
      Map.of(
          "pos_embed.proj.", "x_embedder.proj.",
          "pos_embed.pos_embed", "pos_embed",
          "proj_out_1.", "final_layer.adaLN_modulation.1.",
          "proj_out_2.", "final_layer.linear.");

  /** Beginnings of names within a block. */
  private static final Map<String, String> INNER =
      Map.of(
          "norm1.linear.", "adaLN_modulation.1.",
          "attn1.to_out.0.", "attn.proj.",
          "ff.net.0.proj.", "mlp.fc1.",
          "ff.net.2.", "mlp.fc2.");

  private static final Map<String, String> EMBEDDED =
      Map.of(
          "timestep_embedder.linear_1.", "t_embedder.mlp.0.",
          "timestep_embedder.linear_2.", "t_embedder.mlp.2.",
          "class_embedder.embedding_table.", "y_embedder.embedding_table.");

  private final Map<String, Tensor> official = new LinkedHashMap<>();

  /** Queries, keys and values by the name of their joined tensor. */
  private final Map<String, Tensor[]> attentions = new TreeMap<>();

  private DiffusersNames() {}

  /** Whether these are diffusers' names. */
  static boolean areIn(StateDict dict) {
    return dict.contains("pos_embed.proj.weight");
  }

  /**
   * The same weights by their official names; what has none keeps its own.
   *
   * @throws CheckpointException if the blocks' embeddings differ, or part of an attention is
   *     missing
   */
  static StateDict official(StateDict dict) throws CheckpointException {
    DiffusersNames names = new DiffusersNames();
    for (String name : dict.names()) {
      names.add(name, dict.get(name));
    }
    names.join();
    List<Tensor> tensors = new ArrayList<>();
    names.official.forEach((name, tensor) -> tensors.add(tensor.withName(name)));
    return StateDict.of(tensors);
  }

  private void add(String name, Tensor tensor) throws CheckpointException {
    Matcher block = BLOCK.matcher(name);
    if (!block.matches()) {
      official.put(renamed(name, OUTER, ""), tensor);
      return;
    }
    String inner = block.group(2);
    String prefix = "blocks." + block.group(1) + ".";
    if (inner.startsWith(EMBEDDINGS)) {
      addEmbedding(renamed(inner.substring(EMBEDDINGS.length()), EMBEDDED, ""), tensor);
    } else if (inner.matches("attn1\\.to_[qkv]\\.(weight|bias)")) {
      String joined = prefix + "attn.qkv." + inner.substring("attn1.to_q.".length());
      int part = "qkv".indexOf(inner.charAt("attn1.to_".length()));
      attentions.computeIfAbsent(joined, key -> new Tensor[3])[part] = tensor;
    } else {
      String renamed = renamed(inner, INNER, prefix);
      official.put(renamed.equals(inner) ? name : renamed, tensor);
    }
  }

  private static String renamed(String name, Map<String, String> beginnings, String prefix) {
    for (Map.Entry<String, String> beginning : beginnings.entrySet()) {
      if (name.startsWith(beginning.getKey())) {
        return prefix + beginning.getValue() + name.substring(beginning.getKey().length());
      }
    }
    return name;
  }

  private void addEmbedding(String name, Tensor tensor) throws CheckpointException {
    Tensor first = official.putIfAbsent(name, tensor);
    if (first != null && !areEqual(first, tensor)) {
      throw new CheckpointException(
          "%s and %s differ: expected the same embeddings in every block, as DiT has. Models that"
                  .formatted(first.name(), tensor.name())
              + " were trained to other embeddings in each block cannot be exported");
    }
  }

  private static boolean areEqual(Tensor first, Tensor second) {
    if (!Arrays.equals(first.shape(), second.shape())) {
      return false;
    }
    FloatBuffer a = FloatBuffer.allocate(CHUNK);
    FloatBuffer b = FloatBuffer.allocate(CHUNK);
    for (long from = 0; from < first.elements(); from += CHUNK) {
      int count = (int) Math.min(CHUNK, first.elements() - from);
      first.copyTo(from, a.clear().limit(count));
      second.copyTo(from, b.clear().limit(count));
      if (Arrays.mismatch(a.array(), 0, count, b.array(), 0, count) >= 0) {
        return false;
      }
    }
    return true;
  }

  private void join() throws CheckpointException {
    for (Map.Entry<String, Tensor[]> attention : attentions.entrySet()) {
      List<Tensor> parts = Arrays.asList(attention.getValue());
      if (parts.contains(null)) {
        throw new CheckpointException(
            "to_%s of %s is missing: expected to_q, to_k and to_v"
                .formatted("qkv".charAt(parts.indexOf(null)), attention.getKey()));
      }
      for (Tensor part : parts) {
        if (part.shape().length == 0) {
          throw new CheckpointException("%s has no dimensions".formatted(part));
        }
      }
      official.put(attention.getKey(), Tensor.concatenated(attention.getKey(), parts));
    }
  }
}
