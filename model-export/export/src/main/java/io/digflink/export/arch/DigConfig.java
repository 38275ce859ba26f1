package io.digflink.export.arch;

import static io.digflink.export.arch.ConstructorArguments.require;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Arguments of the official DiG constructor that change the forward pass.
 *
 * @param expandK width of queries, keys and gates relative to D
 * @param expandV width of values relative to D
 * @param hiddenAct activation of the output gate
 * @param bidMode {@code layer}: the token order is reversed after every block; {@code seq}: never
 * @param ifDwConv whether blocks have a depthwise convolution
 * @param ifQuadDir whether the grid is transposed after every second block
 * @param convKernelSize side of the depthwise kernel
 * @param ifInBlockConv whether the convolution comes before the attention instead of after the
 *     block
 * @param ifRmsNorm RMSNorm with a weight instead of LayerNorm without one
 * @param ifSkip whether the model is U-shaped, with long skips
 * @param ifFuseNorm whether training fused the norm and the output gate (one parameter then has
 *     another name)
 */
public record DigConfig(
    int inputSize,
    int patchSize,
    int inChannels,
    int hiddenSize,
    int depth,
    int numHeads,
    double classDropoutProb,
    int numClasses,
    boolean learnSigma,
    double expandK,
    double expandV,
    GateActivation hiddenAct,
    String bidMode,
    boolean ifDwConv,
    boolean ifQuadDir,
    int convKernelSize,
    boolean ifInBlockConv,
    boolean ifRmsNorm,
    boolean ifSkip,
    boolean ifFuseNorm)
    implements DenoiserConfig {

  public DigConfig {
    require(numClasses >= 0, "num_classes is %d; expected none or more", numClasses);
    require(
        bidMode.equals("layer") || bidMode.equals("seq"),
        "bid_mode is \"%s\"; expected layer or seq",
        bidMode);
    require(
        !ifDwConv || convKernelSize % 2 == 1,
        "conv_kernel_size is %d; expected an odd number (an even kernel changes the grid's size)",
        convKernelSize);
    require(
        !ifSkip || depth % 2 == 0 || depth == 1,
        "depth is %d with if_skip; expected an even number (every skip needs both its ends)",
        depth);
    requireWholeHeads("expand_k", expandK, hiddenSize, numHeads);
    requireWholeHeads("expand_v", expandV, hiddenSize, numHeads);
  }

  private static void requireWholeHeads(
      String name, double expansion, int hiddenSize, int numHeads) {
    int width = (int) (hiddenSize * expansion);
    require(
        numHeads > 0 && width > 0 && width % numHeads == 0,
        "hidden_size·%s is %d; expected a positive multiple of num_heads %d",
        name,
        width,
        numHeads);
  }

  /**
   * Reads arguments by their official names; missing ones take the official defaults.
   *
   * @throws IllegalArgumentException naming the argument that is unknown or out of range
   */
  public static DigConfig of(Map<String, Object> values) {
    ConstructorArguments arguments = new ConstructorArguments("DiG", values);
    DigConfig config =
        new DigConfig(
            arguments.integer("input_size", 32),
            arguments.integer("patch_size", 2),
            arguments.integer("in_channels", 4),
            arguments.integer("hidden_size", 1152),
            arguments.integer("depth", 28),
            arguments.integer("num_heads", 16),
            arguments.real("class_dropout_prob", 0.1),
            arguments.integer("num_classes", 1000),
            arguments.flag("learn_sigma", true),
            arguments.real("expand_k", 0.5),
            arguments.real("expand_v", 1),
            GateActivation.of(arguments.text("hidden_act", "swish")),
            arguments.text("bid_mode", "layer"),
            arguments.flag("if_dw_conv", false),
            arguments.flag("if_quad_dir", false),
            arguments.integer("conv_kernel_size", 3),
            arguments.flag("if_in_block_conv", false),
            arguments.flag("if_rms_norm", false),
            arguments.flag("if_skip", false),
            arguments.flag("if_fuse_norm", true));
    arguments.withoutEffect(
        "mlp_ratio",
        "enable_flashattn",
        "enable_layernorm_kernel",
        "enable_modulate_kernel",
        "sequence_parallel_size",
        "sequence_parallel_group",
        "sequence_parallel_type",
        "dtype",
        "use_video",
        "text_encoder",
        "attn_model",
        "use_dirpe",
        "if_norm_qkv",
        "if_scale_qkv",
        "if_old",
        "if_zero_init_skip");
    arguments.refuseOthers();
    DenoiserConfig.check(config);
    return config;
  }

  @Override
  public String architecture() {
    return "DiG";
  }

  /** Width K of a head's queries, keys and gates. */
  public int keySize() {
    return (int) (hiddenSize * expandK) / numHeads;
  }

  /** Width V of a head's values. */
  public int valueSize() {
    return (int) (hiddenSize * expandV) / numHeads;
  }

  /** Width of the MLP: 8/3·D, rounded up to a multiple of 256. */
  public int intermediateSize() {
    return (hiddenSize * 4 * 2 / 3 + 255) / 256 * 256;
  }

  @Override
  public Map<String, Object> toMap() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("input_size", inputSize);
    map.put("patch_size", patchSize);
    map.put("in_channels", inChannels);
    map.put("hidden_size", hiddenSize);
    map.put("depth", depth);
    map.put("num_heads", numHeads);
    map.put("class_dropout_prob", classDropoutProb);
    map.put("num_classes", numClasses);
    map.put("learn_sigma", learnSigma);
    map.put("expand_k", expandK);
    map.put("expand_v", expandV);
    map.put("hidden_act", hiddenAct.officialName());
    map.put("bid_mode", bidMode);
    map.put("if_dw_conv", ifDwConv);
    map.put("if_quad_dir", ifQuadDir);
    map.put("conv_kernel_size", convKernelSize);
    map.put("if_in_block_conv", ifInBlockConv);
    map.put("if_rms_norm", ifRmsNorm);
    map.put("if_skip", ifSkip);
    map.put("if_fuse_norm", ifFuseNorm);
    return map;
  }
}
