package io.digflink.export.arch;

import static io.digflink.export.arch.ConstructorArguments.require;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Arguments of the official DiS constructor that change the forward pass, under the names that the
 * other architectures have for them.
 *
 * @param numClasses number of classes, 0 where the official code has −1
 * @param normEpsilon epsilon of every block's norm
 * @param rmsNorm RMSNorm instead of LayerNorm, both with weights
 * @param skip whether the model is U-shaped, with long skips
 * @param mlpTimeEmbed whether the timestep's encoding goes through an MLP
 */
public record DisConfig(
    int inputSize,
    int patchSize,
    int inChannels,
    int hiddenSize,
    int depth,
    double classDropoutProb,
    int numClasses,
    boolean learnSigma,
    double normEpsilon,
    boolean rmsNorm,
    boolean skip,
    boolean mlpTimeEmbed)
    implements DenoiserConfig {

  public DisConfig {
    require(
        hiddenSize > 0 && hiddenSize % 2 == 0,
        "embed_dim is %d; expected a positive even number (the timestep's encoding has two halves)",
        hiddenSize);
    require(
        normEpsilon > 0 && normEpsilon < 1,
        "norm_epsilon is %s; expected a number from 0 to 1",
        normEpsilon);
  }

  /**
   * Reads arguments by their official names; missing ones take the official defaults, but for
   * {@code img_size}, {@code patch_size} and {@code channels}, which every official caller sets.
   *
   * @throws IllegalArgumentException naming the argument that is unknown or out of range
   */
  public static DisConfig of(Map<String, Object> values) {
    ConstructorArguments arguments = new ConstructorArguments("DiS", values);
    DisConfig config =
        new DisConfig(
            arguments.integer("img_size", 32),
            arguments.integer("patch_size", 2),
            arguments.integer("channels", 4),
            arguments.integer("embed_dim", 192),
            arguments.integer("depth", 12),
            arguments.real("class_dropout_prob", 0.1),
            Math.max(0, arguments.integer("num_classes", -1)),
            arguments.flag("learn_sigma", true),
            arguments.real("norm_epsilon", 1e-5),
            arguments.flag("rms_norm", true),
            arguments.flag("skip", true),
            arguments.flag("mlp_time_embed", true));
    String scans = arguments.text("bimamba_type", "v2");
    require(
        scans.equals("v2"),
        "bimamba_type is \"%s\"; expected v2, whose directions share in_proj and out_proj",
        scans);
    Object mamba = arguments.get("ssm_cfg", Map.of());
    require(
        Map.of().equals(mamba),
        "ssm_cfg is %s; expected none: a state of 16, a convolution of 4 and an expansion of 2",
        mamba);
    arguments.withoutEffect(
        "drop_rate",
        "drop_path_rate",
        "initializer_cfg",
        "fused_add_norm",
        "residual_in_fp32",
        "device",
        "dtype",
        "if_cls_token",
        "conv");
    arguments.refuseOthers();
    DenoiserConfig.check(config);
    return config;
  }

  @Override
  public String architecture() {
    return "DiS";
  }

  /** Width E of the mixers, 2·D. */
  public int innerSize() {
    return 2 * hiddenSize;
  }

  /** Rank of the projection to the step sizes Δ, D/16 rounded up. */
  public int stepRank() {
    return (hiddenSize + 15) / 16;
  }

  /** Tokens before those of the image: the label's, if there are classes, and the timestep's. */
  public int extraTokens() {
    return numClasses > 0 ? 2 : 1;
  }

  /** Blocks before and after the middle one. */
  public int half() {
    return depth / 2;
  }

  @Override
  public Map<String, Object> freeArguments() {
    return Map.of(
        "img_size", inputSize,
        "channels", inChannels,
        "num_classes", numClasses,
        "class_dropout_prob", classDropoutProb,
        "learn_sigma", learnSigma);
  }

  @Override
  public Map<String, Object> toMap() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("img_size", inputSize);
    map.put("patch_size", patchSize);
    map.put("channels", inChannels);
    map.put("embed_dim", hiddenSize);
    map.put("depth", depth);
    map.put("class_dropout_prob", classDropoutProb);
    map.put("num_classes", numClasses);
    map.put("learn_sigma", learnSigma);
    map.put("norm_epsilon", normEpsilon);
    map.put("rms_norm", rmsNorm);
    map.put("skip", skip);
    map.put("mlp_time_embed", mlpTimeEmbed);
    return map;
  }

  /** Names of the blocks in the checkpoint, in their order. */
  List<String> blockNames() {
    List<String> names = new ArrayList<>();
    for (int i = 0; i < half(); i++) {
      names.add("in_blocks." + i);
    }
    names.add("mid_block");
    for (int i = 0; i < half(); i++) {
      names.add("out_blocks." + i);
    }
    return names;
  }
}
