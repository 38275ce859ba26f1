package io.digflink.export.arch;

/**
 * Counts the multiply-adds of one row of a batch. Norms, activations and gates are left out: they
 * are bound by memory, not by arithmetic.
 */
public final class MultiplyAdds {
  private MultiplyAdds() {}

  /** Multiply-adds of one forward pass over one image of this grid. */
  public static long of(DenoiserConfig config, GridSize grid) {
    if (config instanceof DisConfig dis) {
      return dis(dis, grid.tokens());
    }
    long width = config.hiddenSize();
    long patch = (long) config.patchSize() * config.patchSize();
    long ends = patch * width * (config.inChannels() + config.outChannels());
    long finalModulation = config.numClasses() > 0 ? 2 * width * width : 0;
    long conditioning =
        width * 256 + width * width + config.depth() * 6 * width * width + finalModulation;
    return conditioning + grid.tokens() * (ends + blocks(config, grid.tokens()));
  }

  /** Multiply-adds of all blocks, per token. */
  private static long blocks(DenoiserConfig config, long tokens) {
    if (config instanceof DigConfig dig) {
      return dig.depth() * digBlock(dig) + skips(dig);
    }
    DitConfig dit = (DitConfig) config;
    long width = dit.hiddenSize();
    long attention = 4 * width * width + 2 * tokens * width;
    return dit.depth() * (attention + 2 * width * dit.mlpSize());
  }

  /** The recurrence counts K·V twice per head: the state's update and the product with q. */
  private static long digBlock(DigConfig config) {
    long width = config.hiddenSize();
    long keys = (long) config.numHeads() * config.keySize();
    long values = (long) config.numHeads() * config.valueSize();
    long projections = width * (3 * keys + 2 * values) + values * width;
    long recurrence = 2 * keys * config.valueSize();
    long convolution =
        config.ifDwConv() ? width * config.convKernelSize() * config.convKernelSize() : 0;
    return projections + recurrence + convolution + 3 * width * config.intermediateSize();
  }

  private static long skips(DigConfig config) {
    long width = config.hiddenSize();
    return config.ifSkip() ? Math.max(0, config.depth() / 2 - 1) * 2 * width * width : 0;
  }

  /**
   * DiS. A block's recurrence counts S twice per channel and direction: the state's update and the
   * product with C.
   */
  private static long dis(DisConfig config, long image) {
    long width = config.hiddenSize();
    long inner = config.innerSize();
    long states = 2L * SelectiveScan.STATE;
    long direction = inner * (2L * config.stepRank() + states + states + SelectiveScan.TAPS);
    long block = width * 2 * inner + inner * width + 2 * direction;
    long skips = config.skip() ? config.half() * 2 * width * width : 0;
    long blocks = (2L * config.half() + 1) * block + skips;
    long patch = (long) config.patchSize() * config.patchSize();
    long ends = patch * width * (config.inChannels() + config.outChannels());
    long conditioning = config.mlpTimeEmbed() ? 8 * width * width : 0;
    long finalModulation = config.numClasses() > 0 ? 2 * width * width : 0;
    return conditioning + finalModulation + image * ends + (image + config.extraTokens()) * blocks;
  }
}
