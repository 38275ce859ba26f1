package io.digflink.export.arch;

import static io.digflink.export.graph.ElementType.FLOAT32;

import io.digflink.export.graph.GraphBuilder;
import io.digflink.export.graph.Scope;
import io.digflink.export.graph.Value;
import java.util.Optional;

/** The way from the latent to patches, one for each token, and back to the graph's output. */
final class Patches {
  private final GraphBuilder graph;
  private final DenoiserConfig config;
  private final Optional<GridSize> fixed;
  private final Value latent;
  private final Value grid;

  /**
   * Declares the input {@code latent}.
   *
   * @param fixed the token grid, or empty to take it from each run's input
   */
  Patches(GraphBuilder graph, DenoiserConfig config, Optional<GridSize> fixed) {
    this.graph = graph;
    this.config = config;
    this.fixed = fixed;
    this.latent =
        graph.input("latent", FLOAT32, "N", "" + config.inChannels(), rows("H"), columns("W"));
    this.grid = emitGrid(graph.root().at("grid"));
  }

  /** The token grid: int64 [2], rows and columns. */
  Value grid() {
    return grid;
  }

  private String rows(String name) {
    return fixed.map(size -> "" + size.rows() * config.patchSize()).orElse(name);
  }

  private String columns(String name) {
    return fixed.map(size -> "" + size.columns() * config.patchSize()).orElse(name);
  }

  private Value emitGrid(Scope scope) {
    if (fixed.isPresent()) {
      return scope.integerVector(fixed.get().rows(), fixed.get().columns());
    }
    Value size = scope.shapeOf(latent, 2, 4); // H, W
    return scope.div(size, scope.at("patch").integerVector(config.patchSize()));
  }

  /**
   * The patches in the graph's precision, in the order of a convolution's kernel.
   *
   * <pre>
   * (N, C, H, W) ─ Reshape (N, C, h, p, w, p) ─ Transpose (N, h, w, C, p, p) ─ Reshape
   * </pre>
   *
   * @param embedder the place of the embedding
   * @return [N, T, C·p·p]
   */
  Value patchify(Scope embedder) {
    Scope scope = embedder.at("patchify");
    long patch = config.patchSize();
    Value cells =
        scope
            .at("cells")
            .reshape(embedder.cast(latent, graph.precision()), patchShape(scope.at("shape")));
    return scope.reshape(
        scope.transpose(cells, 0, 2, 4, 1, 3, 5), 0, -1, config.inChannels() * patch * patch);
  }

  /** int64 [6]: 0 for N, then C, h, p, w, p. */
  private Value patchShape(Scope scope) {
    long patch = config.patchSize();
    long channels = config.inChannels();
    if (fixed.isPresent()) {
      GridSize size = fixed.get();
      return scope
          .at("fixed")
          .integerVector(0, channels, size.rows(), patch, size.columns(), patch);
    }
    Value side = scope.at("patch").integerVector(patch);
    return scope.concat(
        0,
        scope.at("image").integerVector(0, channels),
        scope.at("rows").gather(grid, scope.at("first").integerVector(0), 0),
        side,
        scope.at("columns").gather(grid, scope.at("second").integerVector(1), 0),
        side);
  }

  /**
   * Emits the output of the graph.
   *
   * @param patches [N, T, p·p·C]
   * @param orientation of the official code's tokens after the last block, which its output keeps
   */
  void unpatchify(Value patches, Orientation orientation) {
    long patch = config.patchSize();
    long channels = config.outChannels();
    Scope unpatchify = graph.root().at("unpatchify");
    Value sequence = patches;
    Value size = grid;
    if (!orientation.equals(Orientation.CANONICAL)) {
      Scope order = unpatchify.at("order");
      sequence =
          order
              .at("apply")
              .gather(patches, TokenOrder.toScan(order, grid, orientation.direction()), 1);
    }
    if (orientation.transposed()) {
      size = unpatchify.at("swapped").gather(grid, unpatchify.at("swap").integerVector(1, 0), 0);
    }
    Value split =
        unpatchify
            .at("patches")
            .reshape(
                sequence,
                unpatchify
                    .at("patches")
                    .concat(
                        0,
                        unpatchify.at("batch").integerVector(0),
                        size,
                        unpatchify.at("patch").integerVector(patch, patch, channels)));
    Value moved = unpatchify.transpose(split, 0, 5, 1, 3, 2, 4); // (N, C, h, p, w, p)
    Value pixels = unpatchify.mul(size, unpatchify.at("scale").integerVector(patch)); // H, W
    Value shape = unpatchify.concat(0, unpatchify.at("image").integerVector(0, channels), pixels);
    Value image = unpatchify.cast(unpatchify.reshape(moved, shape), FLOAT32); // (N, C, H, W)
    String height = orientation.transposed() ? columns("W") : rows("H");
    String breadth = orientation.transposed() ? rows("H") : columns("W");
    graph.output("output", image, "N", "" + channels, height, breadth);
  }
}
