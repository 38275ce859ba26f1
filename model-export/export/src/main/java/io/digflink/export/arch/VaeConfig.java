package io.digflink.export.arch;

import static io.digflink.export.arch.ConstructorArguments.require;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The parameters of an AutoencoderKL's decoder, by their names in diffusers' {@code config.json}.
 *
 * @param latentChannels channels of a latent
 * @param outChannels channels of an image
 * @param blockOutChannels channels of each resolution, from the image's to the latent's
 * @param layersPerBlock resnets of an encoder block; a decoder block has one more
 * @param normNumGroups groups of every GroupNorm
 * @param scalingFactor the factor that latents were multiplied by for diffusion
 * @param shiftFactor the value subtracted from them first, or 0
 * @param usePostQuantConv whether a 1×1 convolution comes first
 * @param midBlockAddAttention whether the middle block has an attention
 * @param forceUpcast whether it should run in float32 because its activations may overflow float16
 */
public record VaeConfig(
    int latentChannels,
    int outChannels,
    List<Integer> blockOutChannels,
    int layersPerBlock,
    int normNumGroups,
    double scalingFactor,
    double shiftFactor,
    boolean usePostQuantConv,
    boolean midBlockAddAttention,
    boolean forceUpcast) {

  public VaeConfig {
    blockOutChannels = List.copyOf(blockOutChannels);
    require(latentChannels > 0, "latent_channels is %d; expected at least 1", latentChannels);
    require(outChannels > 0, "out_channels is %d; expected at least 1", outChannels);
    require(layersPerBlock > 0, "layers_per_block is %d; expected at least 1", layersPerBlock);
    require(normNumGroups > 0, "norm_num_groups is %d; expected at least 1", normNumGroups);
    require(!blockOutChannels.isEmpty(), "block_out_channels is empty; expected at least one");
    for (int channels : blockOutChannels) {
      require(
          channels > 0 && channels % normNumGroups == 0,
          "block_out_channels has %d; expected multiples of norm_num_groups %d",
          channels,
          normNumGroups);
    }
    require(
        scalingFactor > 0 && Double.isFinite(scalingFactor),
        "scaling_factor is %s; expected a positive number",
        scalingFactor);
  }

  /** Image pixels per latent cell: every block but the last doubles the size. */
  public int scale() {
    return 1 << (blockOutChannels.size() - 1);
  }

  /**
   * Reads the configuration that diffusers saves.
   *
   * @throws IllegalArgumentException naming what is unknown, out of range or not supported
   */
  public static VaeConfig of(Map<String, Object> values) {
    Map<String, Object> named = new LinkedHashMap<>(values);
    Object type = named.get("_class_name");
    named.keySet().removeIf(name -> name.startsWith("_"));
    require(
        type == null || type.equals("AutoencoderKL"),
        "The decoder's _class_name is %s; expected AutoencoderKL",
        type);
    ConstructorArguments arguments = new ConstructorArguments("AutoencoderKL", named);
    VaeConfig config =
        new VaeConfig(
            arguments.integer("latent_channels", 4),
            arguments.integer("out_channels", 3),
            channels(arguments.get("block_out_channels", List.of(64))),
            arguments.integer("layers_per_block", 1),
            arguments.integer("norm_num_groups", 32),
            arguments.real("scaling_factor", 0.18215),
            arguments.real("shift_factor", 0),
            arguments.flag("use_post_quant_conv", true),
            arguments.flag("mid_block_add_attention", true),
            arguments.flag("force_upcast", false));
    requireOnly("act_fn", arguments.get("act_fn", "silu"), "silu");
    Object blocks = arguments.get("up_block_types", List.of());
    require(blocks instanceof List<?>, "up_block_types is %s; expected a list", blocks);
    ((List<?>) blocks).forEach(block -> requireOnly("up_block_types", block, "UpDecoderBlock2D"));
    for (String statistic : List.of("latents_mean", "latents_std")) {
      require(
          arguments.get(statistic, null) == null,
          "%s is set; expected null: per-channel statistics are not supported",
          statistic);
    }
    arguments.withoutEffect("in_channels", "down_block_types", "sample_size", "use_quant_conv");
    arguments.refuseOthers();
    return config;
  }

  private static List<Integer> channels(Object value) {
    List<Integer> channels = new ArrayList<>();
    if (value instanceof List<?> list) {
      for (Object entry : list) {
        require(
            entry instanceof Number, "block_out_channels has %s; expected whole numbers", entry);
        channels.add(((Number) entry).intValue());
      }
    }
    require(!channels.isEmpty(), "block_out_channels is %s; expected a list of numbers", value);
    return channels;
  }

  private static void requireOnly(String name, Object found, String expected) {
    require(
        expected.equals(found),
        "%s has %s; only %s is supported in an AutoencoderKL decoder",
        name,
        found,
        expected);
  }
}
