package io.digflink.export.arch;

import static io.digflink.export.arch.ConstructorArguments.require;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Arguments of the official DiT constructor.
 *
 * @param mlpRatio width of the MLP relative to D
 * @param normEps epsilon of every block's second norm, which the official code fixes and diffusers
 *     can change
 */
public record DitConfig(
    int inputSize,
    int patchSize,
    int inChannels,
    int hiddenSize,
    int depth,
    int numHeads,
    double mlpRatio,
    double classDropoutProb,
    int numClasses,
    boolean learnSigma,
    double normEps)
    implements DenoiserConfig {
  /** The official epsilon. */
  static final double NORM_EPS = 1e-6;

  public DitConfig {
    require(numClasses > 0, "num_classes is %d; expected at least 1", numClasses);
    require(
        numHeads > 0 && hiddenSize % numHeads == 0,
        "hidden_size is %d; expected a multiple of num_heads %d",
        hiddenSize,
        numHeads);
    require(
        (int) (hiddenSize * mlpRatio) > 0, "mlp_ratio is %s; expected a positive number", mlpRatio);
    require(normEps > 0 && normEps < 1, "norm_eps is %s; expected a number from 0 to 1", normEps);
  }

  /**
   * Reads arguments by their official names; missing ones take the official defaults.
   *
   * @throws IllegalArgumentException naming the argument that is unknown or out of range
   */
  public static DitConfig of(Map<String, Object> values) {
    ConstructorArguments arguments = new ConstructorArguments("DiT", values);
    DitConfig config =
        new DitConfig(
            arguments.integer("input_size", 32),
            arguments.integer("patch_size", 2),
            arguments.integer("in_channels", 4),
            arguments.integer("hidden_size", 1152),
            arguments.integer("depth", 28),
            arguments.integer("num_heads", 16),
            arguments.real("mlp_ratio", 4),
            arguments.real("class_dropout_prob", 0.1),
            arguments.integer("num_classes", 1000),
            arguments.flag("learn_sigma", true),
            arguments.real("norm_eps", NORM_EPS));
    arguments.refuseOthers();
    DenoiserConfig.check(config);
    return config;
  }

  @Override
  public String architecture() {
    return "DiT";
  }

  /** Width of the MLP. */
  public int mlpSize() {
    return (int) (hiddenSize * mlpRatio);
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
    map.put("mlp_ratio", mlpRatio);
    map.put("class_dropout_prob", classDropoutProb);
    map.put("num_classes", numClasses);
    map.put("learn_sigma", learnSigma);
    if (normEps != NORM_EPS) {
      map.put("norm_eps", normEps);
    }
    return map;
  }
}
