package io.digflink.export;

import io.digflink.export.arch.VaeConfig;
import io.digflink.export.checkpoint.Checkpoint;
import io.digflink.export.checkpoint.CheckpointException;
import io.digflink.export.checkpoint.Checkpoints;
import io.digflink.export.checkpoint.StateDict;
import io.digflink.export.checkpoint.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/**
 * The weights of an AutoencoderKL by diffusers' names. CompVis' code, and with it every single-file
 * Stable Diffusion checkpoint, has other names for the same weights, counts the resolutions from
 * the other end, and keeps no configuration beside them.
 */
record VaeTensors(StateDict dict) {
  private static final String COMPVIS = "decoder.mid.block_1.conv1.weight";
  private static final String LAST_RESNET = "decoder.up_blocks.%d.resnets.%d.conv2.weight";
  private static final int GROUPS = 32;

  /** CompVis' parts of names, with diffusers'. */
  private static final Map<String, String> PARTS =
      Map.of(
          "decoder.norm_out.", "decoder.conv_norm_out.",
          "decoder.mid.block_1.", "decoder.mid_block.resnets.0.",
          "decoder.mid.block_2.", "decoder.mid_block.resnets.1.",
          "decoder.mid.attn_1.norm.", "decoder.mid_block.attentions.0.group_norm.",
          "decoder.mid.attn_1.q.", "decoder.mid_block.attentions.0.to_q.",
          "decoder.mid.attn_1.k.", "decoder.mid_block.attentions.0.to_k.",
          "decoder.mid.attn_1.v.", "decoder.mid_block.attentions.0.to_v.",
          "decoder.mid.attn_1.proj_out.", "decoder.mid_block.attentions.0.to_out.0.");

  /** The tensors of either kind of names. */
  static VaeTensors of(StateDict stored) {
    if (!stored.contains(COMPVIS)) {
      return new VaeTensors(stored);
    }
    int resolutions =
        count(i -> stored.contains("decoder.up.%d.block.0.conv1.weight".formatted(i)));
    List<Tensor> tensors = new ArrayList<>();
    for (String name : stored.names()) {
      if (name.startsWith("decoder.") || name.startsWith("post_quant_conv.")) {
        tensors.add(stored.get(name).withName(renamed(name, resolutions)));
      }
    }
    return new VaeTensors(StateDict.of(tensors));
  }

  private static String renamed(String name, int resolutions) {
    for (Map.Entry<String, String> part : PARTS.entrySet()) {
      if (name.startsWith(part.getKey())) {
        return part.getValue() + name.substring(part.getKey().length());
      }
    }
    for (int i = 0; i < resolutions; i++) {
      String block = "decoder.up." + i + ".";
      if (name.startsWith(block)) {
        return "decoder.up_blocks."
            + (resolutions - 1 - i)
            + "."
            + name.substring(block.length())
                .replaceFirst("^block\\.", "resnets.")
                .replace("nin_shortcut", "conv_shortcut")
                .replaceFirst("^upsample\\.", "upsamplers.0.");
      }
    }
    return name;
  }

  /**
   * The configuration in the checkpoint's {@code config.json}; without one, that of Stable
   * Diffusion's decoder in the sizes of the tensors.
   *
   * @param progress receives what is assumed
   */
  VaeConfig config(Checkpoint checkpoint, Consumer<String> progress) throws CheckpointException {
    boolean saved =
        checkpoint.args().containsKey("_class_name")
            || checkpoint.args().containsKey("block_out_channels");
    if (saved) {
      try {
        return VaeConfig.of(checkpoint.args());
      } catch (IllegalArgumentException e) {
        throw new CheckpointException(
            String.format("%s of %s: %s", Checkpoints.CONFIG, checkpoint.source(), e.getMessage()),
            e);
      }
    }
    Map<String, Object> sizes = sizes();
    String advice = "put the model's config.json beside it, or give the directory of diffusers";
    if (!dict.contains("decoder.conv_in.weight") || !sizes.containsKey("block_out_channels")) {
      throw new CheckpointException(
          String.format(
              "%s has no decoder of an AutoencoderKL: expected decoder.conv_in.weight and"
                  + " decoder.up_blocks, or decoder.up; %s",
              checkpoint.source(), advice));
    }
    List<?> channels = (List<?>) sizes.get("block_out_channels");
    boolean grouped = channels.stream().allMatch(c -> (Integer) c % GROUPS == 0);
    if (!grouped || !Integer.valueOf(4).equals(sizes.get("latent_channels"))) {
      throw new CheckpointException(
          String.format(
              "%s has no config.json, and is not of Stable Diffusion's sizes (it has blocks of %s"
                  + " channels and latents of %s), so that norm_num_groups and scaling_factor are"
                  + " not known: %s",
              checkpoint.source(), channels, sizes.get("latent_channels"), advice));
    }
    progress.accept(
        "Assumed: scaling_factor 0.18215 and norm_num_groups 32, as Stable Diffusion 1 and 2 have"
            + " them, since there is no config.json; to change them, "
            + advice);
    return VaeConfig.of(sizes);
  }

  private Map<String, Object> sizes() {
    Map<String, Object> sizes = new LinkedHashMap<>();
    long[] in = shape("decoder.conv_in.weight");
    long[] out = shape("decoder.conv_out.weight");
    int blocks = count(i -> dict.contains(LAST_RESNET.formatted(i, 0)));
    int layers = count(i -> dict.contains(LAST_RESNET.formatted(0, i)));
    if (in.length != 4 || out.length != 4 || blocks == 0 || layers < 2) {
      return sizes;
    }
    List<Integer> channels = new ArrayList<>();
    for (int i = blocks - 1; i >= 0; i--) {
      channels.add((int) shape(LAST_RESNET.formatted(i, 0))[0]);
    }
    sizes.put("latent_channels", (int) in[1]);
    sizes.put("out_channels", (int) out[0]);
    sizes.put("block_out_channels", channels);
    sizes.put("layers_per_block", layers - 1);
    sizes.put("norm_num_groups", GROUPS);
    sizes.put("use_post_quant_conv", dict.contains("post_quant_conv.weight"));
    sizes.put(
        "mid_block_add_attention",
        dict.names().stream().anyMatch(n -> n.startsWith("decoder.mid_block.attentions.")));
    return sizes;
  }

  private long[] shape(String name) {
    return dict.contains(name) ? dict.get(name).shape() : new long[0];
  }

  private static int count(IntPredicate there) {
    return (int) IntStream.range(0, 100).takeWhile(there).count();
  }
}
