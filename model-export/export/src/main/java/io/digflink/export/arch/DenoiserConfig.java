package io.digflink.export.arch;

import static io.digflink.export.arch.ConstructorArguments.require;

import java.util.Map;

/** Constructor arguments that all architectures share. */
public sealed interface DenoiserConfig permits DigConfig, DitConfig, DisConfig {
  /** {@code DiG}, {@code DiT} or {@code DiS}. */
  String architecture();

  /** Rows and columns of the trained latent. */
  int inputSize();

  /** Latent cells per token, in each direction. */
  int patchSize();

  /** Channels of a latent. */
  int inChannels();

  /** Width D of a token. */
  int hiddenSize();

  /** Number of blocks. */
  int depth();

  /** Probability with which training replaced labels by the null class. */
  double classDropoutProb();

  /** Number of classes, 0 for an unconditional model. */
  int numClasses();

  /** Whether the output has channels for the variance. */
  boolean learnSigma();

  /** All arguments by their official names. */
  Map<String, Object> toMap();

  /** The arguments that differ between models of one preset. */
  default Map<String, Object> freeArguments() {
    return Map.of(
        "input_size", inputSize(),
        "in_channels", inChannels(),
        "num_classes", numClasses(),
        "class_dropout_prob", classDropoutProb(),
        "learn_sigma", learnSigma());
  }

  /** Channels of the output. */
  default int outChannels() {
    return learnSigma() ? 2 * inChannels() : inChannels();
  }

  /** Rows of the label embedding: the classes and, with dropout, the null class. */
  default int labelRows() {
    return numClasses() + (classDropoutProb() > 0 ? 1 : 0);
  }

  /** Checks what every architecture requires of its arguments. */
  static void check(DenoiserConfig config) {
    require(config.patchSize() > 0, "patch_size is %d; expected at least 1", config.patchSize());
    require(
        config.inputSize() > 0 && config.inputSize() % config.patchSize() == 0,
        "input_size is %d; expected a positive multiple of patch_size %d",
        config.inputSize(),
        config.patchSize());
    require(config.inChannels() > 0, "in_channels is %d; expected at least 1", config.inChannels());
    require(
        config instanceof DisConfig || config.hiddenSize() > 0 && config.hiddenSize() % 4 == 0,
        "hidden_size is %d; expected a positive multiple of 4 (the position embedding has four"
            + " parts)",
        config.hiddenSize());
    require(config.depth() > 0, "depth is %d; expected at least 1", config.depth());
    require(
        config.classDropoutProb() >= 0 && config.classDropoutProb() <= 1,
        "class_dropout_prob is %s; expected 0 to 1",
        config.classDropoutProb());
  }
}
