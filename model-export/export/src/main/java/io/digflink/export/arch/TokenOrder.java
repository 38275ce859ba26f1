package io.digflink.export.arch;

import static io.digflink.export.graph.Attributes.integer;

import io.digflink.export.graph.Domain;
import io.digflink.export.graph.ElementType;
import io.digflink.export.graph.Scope;
import io.digflink.export.graph.Value;
import java.util.List;

/**
 * Emits the permutations between canonical order and the order of a scan direction, as indices for
 * Gather along the token axis.
 */
final class TokenOrder {
  private TokenOrder() {}

  /**
   * Indices that put canonical tokens into scan order: entry t is the canonical place of the t-th
   * token visited.
   *
   * @param grid int64 [2], rows and columns
   * @return int64 [T]
   */
  static Value toScan(Scope scope, Value grid, int direction) {
    return indices(scope, grid, grid, direction);
  }

  /**
   * Indices that put the scan's tokens back into canonical order: entry p is the time at which
   * canonical place p is visited.
   *
   * @param grid int64 [2], rows and columns
   * @return int64 [T]
   */
  static Value toCanonical(Scope scope, Value grid, int direction) {
    Value swapped = scope.at("columns_rows").gather(grid, scope.at("swap").integerVector(1, 0), 0);
    return indices(scope, grid, swapped, direction);
  }

  /**
   *
   *
   * <pre>
   * direction 0, 2:  Range  0 … T−1      direction 1, 3:  T−1 − Range
   * direction 2, 3:  … ─ Reshape (view) ─ Transpose ─ Reshape [T]
   * </pre>
   */
  private static Value indices(Scope scope, Value grid, Value view, int direction) {
    Value zero = scope.at("zero").integerScalar(0);
    Value one = scope.at("one").integerScalar(1);
    Value count =
        scope.node(
            Domain.ONNX, "ReduceProd", ElementType.INT64, List.of(grid), integer("keepdims", 0));
    Value visited = scope.range(zero, count, one);
    if (direction % 2 == 1) {
      // ONNX Runtime 1.29's optimizer turns a Range that counts down into an empty one.
      visited = scope.at("reversed").sub(scope.at("last").sub(count, one), visited);
    }
    if (direction < 2) {
      return visited; // [T]
    }
    Value matrix = scope.at("matrix").reshape(visited, view);
    return scope.at("vector").reshape(scope.transpose(matrix, 1, 0), -1); // [T]
  }
}
