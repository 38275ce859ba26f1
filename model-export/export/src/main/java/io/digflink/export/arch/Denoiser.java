package io.digflink.export.arch;

import io.digflink.export.checkpoint.Tensor;
import io.digflink.export.graph.GraphBuilder;
import java.util.Arrays;
import java.util.Optional;

/** Emits the denoiser graph of a configuration. */
public final class Denoiser {
  private Denoiser() {}

  /**
   * Emits inputs {@code latent} [N, C, H, W], {@code timestep} [N] and, for a conditional model,
   * {@code label} [N] to output {@code output} [N, C or 2·C, H, W].
   *
   * @param fixed the only token grid, or empty for any grid; a DiS then has its trained one
   */
  public static void emit(
      GraphBuilder graph, Parameters parameters, DenoiserConfig config, Optional<GridSize> fixed) {
    if (config instanceof DisConfig dis) {
      Dis.emit(graph, parameters, dis, fixed.orElse(trainedGrid(config)));
      return;
    }
    DenoiserFrame frame = new DenoiserFrame(graph, parameters, config, fixed);
    if (config instanceof DigConfig dig) {
      Dig.emit(frame, dig);
    } else if (config instanceof DitConfig dit) {
      Dit.emit(frame, dit);
    }
  }

  /**
   * Whether the checkpoint's position embedding is the one that the architecture computes; it can
   * then be computed for other grids too.
   */
  public static boolean computesPositions(Parameters parameters, DenoiserConfig config) {
    if (config instanceof DisConfig) {
      return false;
    }
    int side = config.inputSize() / config.patchSize();
    int width = config.hiddenSize();
    long[] expected = {1, (long) side * side, width};
    if (parameters.areRandom()
        || !parameters.contains("pos_embed")
        || !Arrays.equals(parameters.stored("pos_embed").shape(), expected)) {
      return true;
    }
    Tensor stored = parameters.stored("pos_embed");
    return PositionEmbedding.rounding(stored, side, width).isPresent()
        || PositionEmbedding.isAveraged(stored, side, width);
  }

  /**
   * Whether the official model's output is transposed because its depth is not a multiple of 4. The
   * output is then as high as the input is wide.
   */
  public static boolean transposesOutput(DenoiserConfig config) {
    return config instanceof DigConfig dig && Orientation.before(dig, dig.depth()).transposed();
  }

  /** The token grid that the model was trained with. */
  public static GridSize trainedGrid(DenoiserConfig config) {
    int side = config.inputSize() / config.patchSize();
    return new GridSize(side, side);
  }
}
