package io.digflink.export;

import io.digflink.export.checkpoint.StateDict;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/** The constructor arguments that can be seen in the names and shapes of a checkpoint's tensors. */
final class TensorSizes {
  private static final String TABLE = "y_embedder.embedding_table.weight";
  private static final String TABLE_OF_DIS = "label_emb.embedding_table.weight";
  private static final String ATTENTION = "blocks.0.attn.";

  private final StateDict dict;
  private final Map<String, Object> sizes = new LinkedHashMap<>();

  private TensorSizes(StateDict dict) {
    this.dict = dict;
  }

  /** Whether it is a DiT rather than a DiG. */
  static boolean areOfDit(StateDict dict) {
    return dict.contains(ATTENTION + "qkv.weight");
  }

  /** Whether it is a DiG. */
  static boolean areOfDig(StateDict dict) {
    return dict.contains(ATTENTION + "q_proj.weight");
  }

  /** Whether it is a DiS. */
  static boolean areOfDis(StateDict dict) {
    return dict.contains("mid_block.mixer.A_log");
  }

  /** The architecture, if the tensors show it. */
  static Optional<String> architecture(StateDict dict) {
    return areOfDit(dict)
        ? Optional.of("DiT")
        : areOfDig(dict)
            ? Optional.of("DiG")
            : areOfDis(dict) ? Optional.of("DiS") : Optional.empty();
  }

  /** Rows of the label table, unless the model is unconditional. */
  static OptionalInt labelRows(StateDict dict) {
    String table = areOfDis(dict) ? TABLE_OF_DIS : TABLE;
    return dict.contains(table) && dict.get(table).shape().length == 2
        ? OptionalInt.of(Math.toIntExact(dict.get(table).shape()[0]))
        : OptionalInt.empty();
  }

  /**
   * The arguments by their official names, without those of the label table; what cannot be seen is
   * left out.
   *
   * @param patch cells per token, if they are known from elsewhere; otherwise 0
   */
  static Map<String, Object> of(StateDict dict, int patch) {
    TensorSizes found = new TensorSizes(dict);
    if (areOfDis(dict)) {
      found.addAllOfDis(patch);
      return found.sizes;
    }
    found.addInputAndOutput(patch);
    if (areOfDit(dict)) {
      found.addRatio("mlp_ratio", "blocks.0.mlp.fc1.weight", "x_embedder.proj.weight");
    } else if (areOfDig(dict)) {
      found.addOptionsOfDig();
    }
    if (!dict.contains(TABLE)) {
      found.sizes.put("num_classes", 0);
    }
    return found.sizes;
  }

  private void addInputAndOutput(int knownPatch) {
    long[] embedder = shape("x_embedder.proj.weight", 4);
    if (embedder.length == 0) {
      return;
    }
    sizes.put("hidden_size", (int) embedder[0]);
    sizes.put("in_channels", (int) embedder[1]);
    sizes.put("patch_size", (int) embedder[2]);
    int patch = knownPatch > 0 ? knownPatch : (int) embedder[2];
    int depth =
        IntStream.range(0, 1000)
            .filter(i -> !dict.contains("blocks.%d.adaLN_modulation.1.weight".formatted(i)))
            .findFirst()
            .orElse(0);
    if (depth > 0) {
      sizes.put("depth", depth);
    }
    long[] positions = shape("pos_embed", 3);
    int side = positions.length == 0 ? 0 : (int) Math.round(Math.sqrt(positions[1]));
    if (side > 0 && (long) side * side == positions[1]) {
      sizes.put("input_size", side * patch);
    }
    addLearnSigma(embedder);
  }

  private void addLearnSigma(long[] embedder) {
    long[] output = shape("final_layer.linear.weight", 2);
    long plain = embedder[1] * embedder[2] * embedder[3];
    if (output.length > 0 && (output[0] == plain || output[0] == 2 * plain)) {
      sizes.put("learn_sigma", output[0] == 2 * plain);
    }
  }

  private void addAllOfDis(int knownPatch) {
    sizes.put("rms_norm", !dict.contains("norm_f.bias"));
    sizes.put("mlp_time_embed", dict.contains("time_embed.0.weight"));
    int half =
        IntStream.range(0, 1000)
            .filter(i -> !dict.contains("in_blocks.%d.mixer.A_log".formatted(i)))
            .findFirst()
            .orElse(0);
    sizes.put("depth", Math.max(1, 2 * half)); // an odd depth has as many blocks
    if (half > 0) {
      sizes.put("skip", dict.contains("out_blocks.0.skip_linear.weight"));
    }
    boolean conditional = dict.contains(TABLE_OF_DIS);
    if (!conditional) {
      sizes.put("num_classes", 0);
    }
    long[] embedder = shape("patch_embed.proj.weight", 4);
    if (embedder.length == 0) {
      return;
    }
    sizes.put("embed_dim", (int) embedder[0]);
    sizes.put("channels", (int) embedder[1]);
    sizes.put("patch_size", (int) embedder[2]);
    int patch = knownPatch > 0 ? knownPatch : (int) embedder[2];
    long[] positions = shape("pos_embed", 3);
    long image = positions.length == 0 ? 0 : positions[1] - (conditional ? 2 : 1);
    int side = (int) Math.round(Math.sqrt(Math.max(0, image)));
    if (side > 0 && (long) side * side == image) {
      sizes.put("img_size", side * patch);
    }
    addLearnSigma(embedder);
  }

  private void addOptionsOfDig() {
    addRatio("expand_k", ATTENTION + "q_proj.weight", "x_embedder.proj.weight");
    addRatio("expand_v", ATTENTION + "v_proj.weight", "x_embedder.proj.weight");
    boolean fused = dict.contains(ATTENTION + "g_norm_swish_gate.weight");
    if (fused || dict.contains(ATTENTION + "g_norm.weight")) {
      sizes.put("if_fuse_norm", fused);
      long[] head = shape(ATTENTION + (fused ? "g_norm_swish_gate" : "g_norm") + ".weight", 1);
      long[] values = shape(ATTENTION + "v_proj.weight", 2);
      if (head.length > 0 && values.length > 0 && head[0] > 0 && values[0] % head[0] == 0) {
        sizes.put("num_heads", (int) (values[0] / head[0]));
      }
    }
    if (dict.contains("blocks.0.norm1.weight")) {
      sizes.put("if_rms_norm", true);
    }
    long[] kernel = shape("blocks.0.dw_conv.weight", 4);
    if (kernel.length > 0) {
      sizes.put("if_dw_conv", true);
      sizes.put("conv_kernel_size", (int) kernel[3]);
    }
    if (dict.names().stream().anyMatch(name -> name.endsWith(".skip_linear.weight"))) {
      sizes.put("if_skip", true);
    }
  }

  /** The rows of one tensor relative to those of another. */
  private void addRatio(String argument, String name, String width) {
    if (dict.contains(name) && dict.contains(width)) {
      long[] rows = dict.get(name).shape();
      long[] base = dict.get(width).shape();
      if (rows.length > 0 && base.length > 0 && rows[0] > 0 && base[0] > 0) {
        sizes.put(argument, (double) rows[0] / base[0]);
      }
    }
  }

  /** The shape of a tensor, or an empty one if there is none of this rank. */
  private long[] shape(String name, int rank) {
    long[] shape = dict.contains(name) ? dict.get(name).shape() : new long[0];
    boolean fits = shape.length == rank;
    for (long dimension : shape) {
      fits &= dimension <= Integer.MAX_VALUE;
    }
    return fits ? shape : new long[0];
  }
}
